//! Origins of web pages.

use std::str::FromStr;

use anyhow::ensure;
use url::Url;

/// Origins, each as a browser sends it: `https://app.example.com`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Origins(pub(crate) Vec<String>);

impl FromStr for Origins {
    type Err = anyhow::Error;

    /// Origins separated by commas.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let origin = |entry: &str| {
            ensure!(Url::parse(entry).is_ok_and(|url| origin_of(&url) == entry), "not an origin");
            Ok(entry.to_owned())
        };
        entries.map(origin).collect::<anyhow::Result<_>>().map(Self)
    }
}

/// The origin of a URL, as a browser sends it.
pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
