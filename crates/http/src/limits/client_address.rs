//! The address of the client of a request.

use std::{
    net::{AddrParseError, IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use actix_web::http::header::{self, HeaderMap};
use ipnet::{IpNet, Ipv4Net};

/// The proxies whose `X-Forwarded-For` is trusted. Anyone can send that header, so it is ignored from all other peers.
/// `Forwarded` and `X-Real-IP` are always ignored.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = AddrParseError;

    /// Parses addresses and networks, separated by commas.
    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network = |entry: &str| match entry.parse::<IpNet>() {
            Ok(network) => Ok(canonical(network)),
            Err(_no_network) => entry.parse().map(|address: IpAddr| address.to_canonical().into()),
        };
        entries.map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// Turns a network of IPv4-mapped IPv6 addresses into one of IPv4, since addresses are compared in that form.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(mapped) = network else { return network };
    let address = mapped.addr().to_ipv4_mapped().zip(mapped.prefix_len().checked_sub(MAPPED));
    address.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(network, IpNet::V4)
}

impl TrustedProxies {
    /// The address of the client: the peer, or if the peer is a trusted proxy, the last address in `X-Forwarded-For` that is
    /// not a trusted proxy. Each proxy appends the address of its caller. The search ends at an entry that is not an address,
    /// with the proxy that appended it as the client.
    pub(super) fn client_behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = headers.get_all(header::X_FORWARDED_FOR).rev();
        let mut entries = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        let mut client = peer.to_canonical();
        while self.trust(client)
            && let Some(address) = entries.next().and_then(address)
        {
            client = address;
        }
        client
    }

    /// Whether the address is that of a trusted proxy.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The addresses of one client: one IPv4 address, or the 64 bits of an IPv6 network. A client chooses the other 64 bits itself.
pub(crate) fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Parses an address, with or without a port, which some proxies append.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let address = entry.parse().or_else(|_no_address| entry.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    /// The address of the client if `peer` sends these headers and `proxies` are trusted.
    fn client(proxies: &str, peer: &str, sent: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.client_behind(peer.parse().unwrap(), &headers).to_string()
    }

    const SENT: &str = "x-forwarded-for";

    #[test]
    fn headers_of_an_untrusted_client_are_ignored() {
        let sent = [(SENT, "1.1.1.1"), ("x-real-ip", "1.1.1.1"), ("forwarded", "for=1.1.1.1")];

        assert_eq!(client("", "203.0.113.7", &sent), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "203.0.113.7", &sent), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &sent[1..]), "10.0.0.1");
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_proxy() {
        let cases: [(&[(&str, &str)], &str); 6] = [
            (&[(SENT, "203.0.113.7")], "203.0.113.7"),
            (&[(SENT, "1.1.1.1, 203.0.113.7")], "203.0.113.7"),
            (&[(SENT, "1.1.1.1, 203.0.113.7 ,10.9.9.9,\t192.0.2.1")], "203.0.113.7"),
            (&[(SENT, "1.1.1.1"), (SENT, "203.0.113.7, 10.9.9.9"), (SENT, "192.0.2.1")], "203.0.113.7"),
            (&[(SENT, "10.1.1.1, 10.9.9.9")], "10.1.1.1"),
            (&[], "10.0.0.1"),
        ];
        for (sent, expected) in cases {
            assert_eq!(client("10.0.0.0/8, 192.0.2.1", "10.0.0.1", sent), expected, "{sent:?}");
        }
    }

    #[test]
    fn a_malformed_entry_ends_the_search_at_the_last_address() {
        for broken in [
            "1.1.1.1, , 10.0.0.2",
            "1.1.1.1, unknown, 10.0.0.2",
            "1.1.1.1, _hidden, 10.0.0.2",
            "1.1.1.1, 203.0.113.7 10.0.0.3, 10.0.0.2",
            "1.1.1.1, 203.0.113.256, 10.0.0.2",
        ] {
            assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[(SENT, broken)]), "10.0.0.2", "{broken}");
        }
        let beyond_ascii = HeaderValue::from_bytes("1.1.1.1, ü, 10.0.0.2".as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(header::X_FORWARDED_FOR, beyond_ascii)]);
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        assert_eq!(proxies.client_behind([10, 0, 0, 1].into(), &headers).to_string(), "10.0.0.1");
    }

    #[test]
    fn notations_of_an_address_are_equal() {
        for written in ["203.0.113.7", "203.0.113.7:4711", "::ffff:203.0.113.7", "[::ffff:203.0.113.7]:4711"] {
            assert_eq!(client("::1", "::1", &[(SENT, written)]), "203.0.113.7");
        }
        assert_eq!(client("10.0.0.1", "::ffff:10.0.0.1", &[(SENT, "[2001:db8::7]:80")]), "2001:db8::7");
        assert_eq!(client("::ffff:10.0.0.1", "10.0.0.1", &[(SENT, "2001:DB8::7")]), "2001:db8::7");
        assert_eq!(client("::ffff:10.0.0.0/104", "10.0.0.1", &[(SENT, "2001:db8::7")]), "2001:db8::7");
        assert_eq!(client("fd00::/8", "fd00::1", &[(SENT, "2001:db8::7, fd12::9")]), "2001:db8::7");
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        for good in ["", "10.0.0.1", "10.0.0.0/8,", " ::1 , fd00::/8 ,10.1.2.3/32"] {
            assert!(good.parse::<TrustedProxies>().is_ok(), "{good}");
        }
        for bad in ["proxy", "10.0.0.0/33", "10.0.0/8", "10.0.0.1:80", "10.0.0.1;10.0.0.2", "*"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
