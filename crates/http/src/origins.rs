//! The origins whose pages may call the API from a browser.

use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN};
use url::{Host, Url};

/// Origins, each named exactly or as the subdomains of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// An origin as a browser sends it: `https://app.example.com`.
    Named(String),
    /// Every subdomain of a host, at any depth. `https://*.example.com` is `https://` and `.example.com`.
    Subdomains { start: String, end: String },
}

/// The text is not a list of origins.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin")]
pub struct NotAnOrigin;

impl FromStr for Origins {
    type Err = NotAnOrigin;

    /// Parses origins separated by commas. Upper case, a trailing slash and the default port of the scheme make no difference,
    /// because browsers leave them out. A leading `*.` in place of the first label stands for any subdomain.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Entry::parse).collect::<Option<_>>().map(Self).ok_or(NotAnOrigin)
    }
}

impl From<&Url> for Origins {
    /// The origin of a URL; none if the URL has no host.
    fn from(url: &Url) -> Self {
        Self(serialized(url).map(Entry::Named).into_iter().collect())
    }
}

impl Origins {
    /// These origins and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether pages of this origin may call the API.
    pub(crate) fn include(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.0.iter().any(|entry| entry.includes(origin)))
    }

    /// Whether this origin is named exactly. Anyone may control a subdomain of some hosts, such as those of a platform.
    pub(crate) fn name(&self, origin: &HeaderValue) -> bool {
        let is = |entry: &Entry| matches!(entry, Entry::Named(name) if origin.as_bytes().eq_ignore_ascii_case(name.as_bytes()));
        self.0.iter().any(is)
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let Some(host) = rest.strip_prefix("*.") else {
            return origin(&Url::parse(text).ok()?).map(Self::Named);
        };
        let url = Url::parse(&format!("{scheme}://{host}")).ok()?;
        let has_subdomains = matches!(url.scheme(), "http" | "https")
            && matches!(url.host(), Some(Host::Domain(domain)) if may_have_subdomains(domain));
        let parent = origin(&url).filter(|_| has_subdomains)?;
        let (scheme, host) = parent.split_once("://")?;
        Some(Self::Subdomains { start: format!("{scheme}://"), end: format!(".{host}") })
    }

    fn includes(&self, origin: &str) -> bool {
        match self {
            Self::Named(name) => name.eq_ignore_ascii_case(origin),
            Self::Subdomains { start, end } => origin
                .strip_prefix(start.as_str())
                .and_then(|rest| rest.strip_suffix(end.as_str()))
                .is_some_and(|labels| labels.split('.').all(is_label)),
        }
    }
}

/// The one `Origin` header of a request.
pub(crate) fn origin_of(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(ORIGIN);
    values.next().filter(|_| values.next().is_none())
}

/// The origin that a URL consists of; `None` if it has other parts, or if no page has such an origin.
fn origin(url: &Url) -> Option<String> {
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    // Pages of files have the origin `null`, and the others have no pages.
    let has_pages = !matches!(url.scheme(), "file" | "ftp" | "ws" | "wss");
    // A browser cannot resolve a name with an empty label.
    let is_name = |host: &str| !host.starts_with('.') && !host.contains("..");
    let has_host = !matches!(url.scheme(), "http" | "https") || url.host_str().is_some_and(is_name);
    serialized(url).filter(|origin| is_bare && has_pages && has_host && !origin.contains('*'))
}

/// The origin of a URL as a browser sends it. The standard's serialization covers the schemes of the web only, but apps for
/// phones and desktops and browser extensions have others, such as `capacitor://localhost`.
fn serialized(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

/// Whether all subdomains of a host may be meant. Those of a top-level domain belong to everyone; those of `localhost` are this
/// machine.
fn may_have_subdomains(domain: &str) -> bool {
    domain == "localhost" || (domain.contains('.') && domain.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests;
