//! The machines of a cluster.

use std::{fmt, str::FromStr};

/// A server by the name that the others know, and its port. As text `HOST` or `HOST:PORT`; an IPv6 address is in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name or address.
    pub host: String,
    /// 5432 if the text has none.
    pub port: u16,
}

/// The machines that the operator names.
#[derive(Debug, Clone, Default)]
pub struct Nodes {
    /// The server that plans statements. `None`: it has to be in the cluster's catalog.
    pub coordinator: Option<Node>,
    /// Those that hold rows. None: they have to be in the catalog.
    pub workers: Vec<Node>,
}

impl FromStr for Node {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "must be HOST or HOST:PORT";
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(RULE)?)),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(5432), str::parse).map_err(|_not_a_number| RULE)?;
        if host.is_empty() || port == 0 { Err(RULE) } else { Ok(Self { host: host.to_owned(), port }) }
    }
}

/// The arguments of a function in SQL.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}', {}", self.host.replace('\'', "''"), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn a_node_is_a_host_with_or_without_a_port() {
        for (text, sql) in [
            ("db", "'db', 5432"),
            ("10.0.0.7:5433", "'10.0.0.7', 5433"),
            ("[::1]", "'::1', 5432"),
            ("[::1]:6000", "'::1', 6000"),
            ("o'neil", "'o''neil', 5432"),
        ] {
            assert_eq!(text.parse::<Node>().unwrap().to_string(), sql);
        }
        for text in ["", ":5432", "db:", "db:0", "db:x", "db:70000", "::1", "[::1]5432"] {
            assert!(text.parse::<Node>().is_err(), "{text}");
        }
    }
}
