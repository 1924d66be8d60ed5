//! The parameters of a Postgres URL: those of libpq, and those that other clients put into the URLs that users share with them.

use std::net::IpAddr;

use migration::is_name;

use super::parts::Parts;
use crate::url::InvalidDatabaseUrl;

/// A parameter that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignored {
    pub(crate) name: String,
    /// Why not, and what to set instead. `None` if the parameter is not known.
    pub(crate) reason: Option<&'static str>,
}

/// The parameters of a URL, sorted by what becomes of them.
#[derive(Default)]
pub(super) struct Parameters {
    /// For the session. sqlx reads them.
    pub(super) of_session: Vec<(String, String)>,
    /// Which server, and how to secure the connection. The last one of a name counts.
    of_connection: Vec<(&'static str, String)>,
    pub(super) ignored: Vec<Ignored>,
}

/// What becomes of a parameter.
#[derive(Clone, Copy)]
enum Use {
    Session,
    /// Under this name.
    Connection(&'static str),
    Ignored(&'static str),
    /// With what to write instead.
    Refused(&'static str),
}

impl Parameters {
    pub(super) fn read(parts: &Parts<'_>) -> Result<Self, InvalidDatabaseUrl> {
        if parts.has_odd_query(|name| use_of(name).is_some()) {
            return Err(InvalidDatabaseUrl(super::parts::ENCODE.to_owned()));
        }
        let mut all = Self::default();
        for (name, value) in parts.parameters() {
            match use_of(&name) {
                Some(Use::Session) => all.of_session.push((name.into_owned(), value.into_owned())),
                Some(Use::Connection(name)) => all.of_connection.push((name, value.into_owned())),
                Some(Use::Ignored(reason)) => {
                    all.ignored.push(Ignored { name: name.into_owned(), reason: Some(reason) });
                }
                Some(Use::Refused(remedy)) => {
                    return Err(InvalidDatabaseUrl(format!("must not have {name}: {remedy}")));
                }
                None if is_plain(&name) => all.ignored.push(Ignored { name: name.into_owned(), reason: None }),
                None => {}
            }
        }
        Ok(all)
    }

    /// The value of a parameter of the connection, unless it is empty.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        let (_, value) = self.of_connection.iter().rfind(|(this, _)| *this == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The addresses in `hostaddr`.
    pub(super) fn addresses(&self) -> Result<Vec<IpAddr>, InvalidDatabaseUrl> {
        let addresses = self.of("hostaddr").into_iter().flat_map(|addresses| addresses.split(','));
        let not_one = |_| InvalidDatabaseUrl("must have IP addresses in hostaddr".to_owned());
        addresses.map(|address| address.parse().map_err(not_one)).collect()
    }

    /// The schema of the tables, as in Prisma's URLs.
    pub(super) fn schema(&self) -> Result<Option<String>, InvalidDatabaseUrl> {
        match self.of_connection.iter().rfind(|(name, _)| *name == "schema") {
            None => Ok(None),
            Some((_, schema)) if is_name(schema) => Ok(Some(schema.clone())),
            Some(_) => {
                Err(InvalidDatabaseUrl("must not have a parameter schema that is not the name of a schema".to_owned()))
            }
        }
    }

    /// Whether the server must accept writes, if the URL says so.
    pub(super) fn must_accept_writes(&self) -> Result<Option<bool>, InvalidDatabaseUrl> {
        match self.of("target_session_attrs") {
            None => Ok(None),
            Some("any") => Ok(Some(false)),
            Some("read-write" | "primary") => Ok(Some(true)),
            Some("read-only" | "standby" | "prefer-standby") => Err(InvalidDatabaseUrl(
                "must not ask for a standby in target_session_attrs: the service writes; use read-write".to_owned(),
            )),
            Some(_) => {
                Err(InvalidDatabaseUrl("must have read-write, primary or any in target_session_attrs".to_owned()))
            }
        }
    }
}

/// `None` if nobody is known to use such a parameter.
fn use_of(name: &str) -> Option<Use> {
    use Use::{Connection, Ignored, Refused, Session};

    Some(match name {
        "user" | "password" | "dbname" | "application_name" | "options" | "statement-cache-capacity" => Session,
        _ if name.starts_with("options[") => Session,

        "host" => Connection("host"),
        "hostaddr" => Connection("hostaddr"),
        "port" => Connection("port"),
        "schema" => Connection("schema"),
        "target_session_attrs" | "targetServerType" => Connection("target_session_attrs"),
        "sslmode" | "ssl-mode" => Connection("sslmode"),
        "ssl" => Connection("ssl"),
        "sslaccept" => Connection("sslaccept"),
        "sslrootcert" | "ssl-root-cert" | "ssl-ca" => Connection("sslrootcert"),
        "sslcert" | "ssl-cert" => Connection("sslcert"),
        "sslkey" | "ssl-key" => Connection("sslkey"),

        "channel_binding" => Ignored("replaced by checking the server's certificate"),
        "sslnegotiation" => Ignored("every server also understands the usual negotiation of TLS"),
        "ssl_min_protocol_version" | "ssl_max_protocol_version" => Ignored("TLS 1.2 and 1.3 are used"),
        "sslcompression" | "sslsni" | "sslkeylogfile" | "sslcertmode" | "uselibpqcompat" => {
            Ignored("sslmode, sslrootcert, sslcert and sslkey decide on TLS, as in libpq")
        }
        "gssencmode" | "gssdelegation" | "gsslib" | "krbsrvname" => {
            Ignored("connections are encrypted with TLS, not GSSAPI")
        }
        "load_balance_hosts" => Ignored("hosts are tried in their order"),
        "connect_timeout" | "connectTimeout" | "loginTimeout" => {
            Ignored("set DATABASE_START_TIMEOUT and DATABASE_ACQUIRE_TIMEOUT instead")
        }
        "pool_timeout" | "pool_acquire_timeout" => Ignored("set DATABASE_ACQUIRE_TIMEOUT instead"),
        "connection_limit" | "pool" | "pool_size" | "max_overflow" | "min_size" | "max_size" | "pool_max_conns"
        | "pool_min_conns" | "max" | "min" => Ignored("set DATABASE_MAX_CONNECTIONS instead"),
        "statement_timeout"
        | "query_timeout"
        | "command_timeout"
        | "socket_timeout"
        | "socketTimeout"
        | "lock_timeout"
        | "timeout"
        | "tcp_user_timeout"
        | "keepalives"
        | "keepalives_idle"
        | "keepalives_interval"
        | "keepalives_count"
        | "keepalives_retries"
        | "tcpKeepAlive" => Ignored("set DATABASE_STATEMENT_TIMEOUT instead"),
        "idle_timeout"
        | "idle_in_transaction_session_timeout"
        | "max_idle_connection_lifetime"
        | "idleTimeoutMillis" => Ignored("set DATABASE_IDLE_TIMEOUT instead"),
        "max_connection_lifetime" | "pool_recycle" | "pool_max_conn_lifetime" => {
            Ignored("set DATABASE_MAX_LIFETIME instead")
        }
        "pgbouncer" | "pool_mode" | "workaround" => {
            Ignored("the start tests whether there is a pooler, and whether it works")
        }
        "statement_cache_size"
        | "prepared_statement_cache_size"
        | "statement_cache_capacity"
        | "prepared_statements"
        | "prepare"
        | "prepareThreshold"
        | "binary_parameters"
        | "default_query_exec_mode"
        | "single_use_connections"
        | "pool_pre_ping" => Ignored("it is for another client: statements are always prepared"),
        "client_encoding" | "encoding" | "charset" => Ignored("text is always UTF-8"),
        "timezone" | "TimeZone" | "datestyle" => Ignored("times are always sent in UTC"),
        "fallback_application_name" => Ignored("set application_name instead"),
        "supa" => Ignored("it is for Supabase's own client"),

        "sslidentity" | "sslpassword" => {
            Refused("write the client's certificate and its unencrypted key, both PEM files, as sslcert and sslkey")
        }
        "sslcrl" | "sslcrldir" => Refused("lists of revoked certificates are not checked"),
        "require_auth" | "requirepeer" | "requiressl" => {
            Refused("write sslmode=verify-full, so that the server must prove who it is")
        }
        "service" | "servicefile" => Refused("write what the service file says into the URL"),
        "passfile" => Refused("set PGPASSFILE, or write the password into the URL"),
        "replication" => Refused("the service needs an ordinary connection"),
        "socketFactory" | "cloudSqlInstance" => Refused("write host=/cloudsql/project:region:instance"),
        _ => return None,
    })
}

/// Whether this looks like the name of a parameter. It may also be part of a password with an unencoded `?`.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && name.len() <= 32
}
