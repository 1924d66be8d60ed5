//! The settings of the key set and of its tokens.

use std::net::IpAddr;

use anyhow::{Context, bail};
use http::AcceptedValues;
use url::{Host, Url};

use super::{
    environment::Environment,
    origins::origin_of,
    setting::Setting,
    settings::{BETTER_AUTH_URL, JWKS_URL, JWT_AUDIENCE, JWT_ISSUER},
};

/// A key set, with the required issuer and audience of its tokens.
pub(crate) struct KeySet {
    pub(crate) url: Url,
    pub(crate) issuer: AcceptedValues,
    pub(crate) audience: AcceptedValues,
}

/// Reads and checks the settings; `None` if no key set is configured.
pub(super) fn read(environment: &Environment) -> anyhow::Result<Option<KeySet>> {
    let app = environment.optional(&BETTER_AUTH_URL)?;
    let (url, setting) = match (environment.optional(&JWKS_URL)?, &app) {
        (Some(url), _) => (url, JWKS_URL.name),
        (None, Some(app)) => (key_set_of(app), BETTER_AUTH_URL.name),
        (None, None) => return Ok(None),
    };
    if url.scheme() == "http" && !is_private(&url) {
        bail!(
            "{setting} must be https:// for a public host: anyone who can change the keys in transit can sign tokens"
        );
    }
    let named = |setting: &Setting<AcceptedValues>| {
        let of_app = || app.as_ref().map(|app| origin_of(app).into());
        environment.optional(setting)?.or_else(of_app).with_context(|| {
            let expects = setting.format.expects();
            format!("{} must be set if JWKS_URL is and BETTER_AUTH_URL is not: {expects}", setting.name)
        })
    };
    Ok(Some(KeySet { url, issuer: named(&JWT_ISSUER)?, audience: named(&JWT_AUDIENCE)? }))
}

/// The URL of Better Auth's published keys: under `/api/auth`, unless the app's URL has another path.
fn key_set_of(app: &Url) -> Url {
    let mut url = app.clone();
    let base = match app.path().trim_end_matches('/') {
        "" => "/api/auth",
        path => path,
    };
    url.set_path(&format!("{base}/jwks"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Whether a host is this machine or in a private network.
fn is_private(url: &Url) -> bool {
    match url.host() {
        None => false,
        Some(Host::Ipv4(address)) => is_private_address(address.into()),
        Some(Host::Ipv6(address)) => is_private_address(address.into()),
        // Names without a dot exist only in private networks, such as those of Compose and Kubernetes.
        Some(Host::Domain(name)) => {
            !name.contains('.')
                || [".localhost", ".local", ".internal", ".svc"].iter().any(|suffix| name.ends_with(suffix))
        }
    }
}

fn is_private_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_set(variables: &'static [(&str, &str)]) -> (String, String, String) {
        let set = read(&Environment::of(variables)).unwrap().unwrap();
        (set.url.to_string(), set.issuer.to_string(), set.audience.to_string())
    }

    #[test]
    fn the_app_address_gives_keys_issuer_and_audience() {
        for address in ["http://localhost:3000", "http://localhost:3000/", "http://localhost:3000/?x#y"] {
            let variables: &'static [_] = Box::leak(Box::new([("BETTER_AUTH_URL", address)]));
            let origin = "http://localhost:3000".to_owned();
            assert_eq!(key_set(variables), (format!("{origin}/api/auth/jwks"), origin.clone(), origin));
        }
        assert_eq!(
            key_set(&[("BETTER_AUTH_URL", "https://example.com/app/api/auth")]),
            (
                "https://example.com/app/api/auth/jwks".to_owned(),
                "https://example.com".to_owned(),
                "https://example.com".to_owned()
            )
        );
    }

    #[test]
    fn the_key_set_may_have_its_own_address() {
        let found = key_set(&[
            ("BETTER_AUTH_URL", "https://app.example.com"),
            ("JWKS_URL", "http://web:3000/api/auth/jwks"),
            ("JWT_AUDIENCE", "tasks"),
        ]);
        assert_eq!(
            found,
            ("http://web:3000/api/auth/jwks".to_owned(), "https://app.example.com".to_owned(), "tasks".to_owned())
        );
    }

    #[test]
    fn keys_are_fetched_without_tls_only_from_private_hosts() {
        let is_private = |url| is_private(&Url::parse(url).unwrap());
        for url in [
            "http://localhost",
            "http://127.0.0.1:3000",
            "http://[::1]",
            "http://10.1.2.3",
            "http://web:3000",
            "http://web.ns.svc",
            "http://app.localhost",
        ] {
            assert!(is_private(url), "{url}");
        }
        for url in ["http://example.com", "http://8.8.8.8", "http://localhost.example.com", "http://[2001:db8::1]"] {
            assert!(!is_private(url), "{url}");
        }
    }
}
