//! Where the key set is, and what its tokens must name.

use std::net::IpAddr;

use anyhow::{Context, bail};
use url::{Host, Url};

use crate::settings::{self, Environment, Setting};

/// A key set, with the issuer and the audience of the tokens that it is for.
pub(super) struct KeySet {
    pub(super) url: Url,
    pub(super) issuer: String,
    pub(super) audience: String,
}

/// Reads and checks the settings; `None` where no key set is named.
pub(super) fn read(environment: &Environment, app: Option<&Url>) -> anyhow::Result<Option<KeySet>> {
    let url = match (environment.text(&settings::JWKS_URL)?, app) {
        (Some(url), _) => parse(&settings::JWKS_URL, &url)?,
        (None, Some(app)) => key_set_of(app),
        (None, None) => return Ok(None),
    };
    if url.scheme() == "http" && !is_private(&url) {
        let setting = if environment.text(&settings::JWKS_URL)?.is_some() { "JWKS_URL" } else { "BETTER_AUTH_URL" };
        bail!("{setting} must be https:// for a public host: whoever can change the keys on their way can sign tokens");
    }
    let origin = app.map(|app| app.origin().ascii_serialization());
    let named = |setting: &Setting| {
        environment.text(setting)?.or_else(|| origin.clone()).with_context(|| {
            format!("{} must be set where JWKS_URL is and BETTER_AUTH_URL is not: {}", setting.name, setting.expects)
        })
    };
    Ok(Some(KeySet { url, issuer: named(&settings::JWT_ISSUER)?, audience: named(&settings::JWT_AUDIENCE)? }))
}

pub(super) fn app_url(environment: &Environment) -> anyhow::Result<Option<Url>> {
    let setting = &settings::BETTER_AUTH_URL;
    environment.text(setting)?.map(|text| parse(setting, &text)).transpose()
}

/// The origin of the app, as a browser writes it.
pub(crate) fn app_origin(environment: &Environment) -> anyhow::Result<Option<String>> {
    Ok(app_url(environment)?.map(|app| app.origin().ascii_serialization()))
}

fn parse(setting: &Setting, text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // They would be in every line of the log about this address.
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    url.ok_or_else(|| setting.must_be_what_it_expects())
}

/// Where Better Auth publishes its keys: under `/api/auth`, unless its address has a path of its own.
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

/// Whether a host is this machine, or one that is reached without leaving a private network.
pub(super) fn is_private(url: &Url) -> bool {
    match url.host() {
        None => false,
        Some(Host::Ipv4(address)) => is_private_address(address.into()),
        Some(Host::Ipv6(address)) => is_private_address(address.into()),
        // Names without a dot are given in private networks only, as by Compose and Kubernetes.
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
