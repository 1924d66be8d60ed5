//! The path under which clients reach the service, if a proxy removes that path from requests.

use std::str::FromStr;

use actix_web::HttpRequest;

/// A path such as `/backend`, or nothing. What the service tells clients about its own addresses begins with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicPath(String);

/// The text is not a path.
#[derive(Debug, thiserror::Error)]
#[error("not a path such as /backend")]
pub struct InvalidPublicPath;

impl PublicPath {
    /// The path, without a slash at the end. Empty if there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// That of the application which got this request.
    pub(crate) fn of(request: &HttpRequest) -> &str {
        request.app_data::<Self>().map_or("", Self::as_str)
    }
}

impl FromStr for PublicPath {
    type Err = InvalidPublicPath;

    /// Segments that need no percent-encoding, each after a slash. A slash at the end is ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let (before, segments) = path.split_once('/').unwrap_or((path, ""));
        let is_path = before.is_empty() && (path.is_empty() || segments.split('/').all(is_segment));
        if is_path && !text.is_empty() { Ok(Self(path.to_owned())) } else { Err(InvalidPublicPath) }
    }
}

fn is_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@');
    !matches!(text, "" | "." | "..") && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_a_slash_and_has_no_empty_segment() {
        for (text, expected) in
            [("/backend", "/backend"), ("/backend/", "/backend"), ("/a/b.c/~d-e_f/v1", "/a/b.c/~d-e_f/v1"), ("/", "")]
        {
            assert_eq!(text.parse::<PublicPath>().unwrap().as_str(), expected, "{text}");
        }
        for text in [
            "",
            "backend",
            "//",
            "//evil.example",
            "/a//b",
            "/a//",
            "/..",
            "/a/./b",
            "/a b",
            "/a?b",
            "/a#b",
            "/é",
            "/a\"",
            "https://app.example/backend",
            "/%2e%2e",
        ] {
            assert!(text.parse::<PublicPath>().is_err(), "{text}");
        }
    }
}
