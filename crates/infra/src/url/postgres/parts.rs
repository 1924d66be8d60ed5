//! Splits a Postgres URL. The crate `url` cannot: it knows no list of hosts.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use crate::url::InvalidDatabaseUrl;

/// The remedy if the URL cannot be split. The usual cause is a password with a character that has a meaning in URLs.
pub(super) const ENCODE: &str = "must be postgres://user:password@host:port/database with special characters in the password encoded: \
                                 % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23";

/// The parts of a URL, still encoded.
pub(super) struct Parts<'t> {
    /// The user and the password.
    pub(super) user: &'t str,
    /// The hosts and ports, separated by commas.
    pub(super) hosts: &'t str,
    /// The database, with a slash before it; or empty.
    pub(super) path: &'t str,
    query: &'t str,
}

impl<'t> Parts<'t> {
    pub(super) fn split(text: &'t str) -> Result<Self, InvalidDatabaseUrl> {
        let encode = || InvalidDatabaseUrl(ENCODE.to_owned());
        let (_scheme, rest) = text.trim_end().split_once("://").ok_or_else(encode)?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        // The rest of a password that contains one of these characters.
        if rest.contains('#') || path.contains('@') {
            return Err(encode());
        }
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        Ok(Self { user, hosts, path, query })
    }

    /// The parameters, decoded.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (Cow<'t, str>, Cow<'t, str>)> {
        form_urlencoded::parse(self.query.as_bytes())
    }

    /// Whether the query looks like the rest of a password with a `?`.
    pub(super) fn has_odd_query(&self, is_known: impl Fn(&str) -> bool) -> bool {
        self.query.split('&').any(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default();
            parameter.contains('@') && !is_known(name)
        })
    }
}

/// A part without its encoding.
pub(super) fn decoded(part: &str) -> Result<Cow<'_, str>, InvalidDatabaseUrl> {
    percent_decode_str(part).decode_utf8().map_err(|_not_text| InvalidDatabaseUrl(ENCODE.to_owned()))
}
