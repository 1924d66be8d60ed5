//! The entity tags that a client sends back, in `If-Match` and `If-None-Match`.
//!
//! A proxy that compresses responses changes their tags: nginx and Cloudflare turn `"1"` into `W/"1"`, Apache and Caddy into
//! `"1-gzip"`, Jetty into `"1--gzip"`. Our tags name a version and not the bytes of a response, so a changed tag still names it.
//! Some clients drop the quotes. That is understood too.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The maximum number of tags in a header: more than any client has versions of one resource.
pub(super) const MAX_TAGS: usize = 64;

/// The value of one of these headers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntityTags<'a> {
    /// `*`.
    Any,
    /// One to [`MAX_TAGS`] tags, without quotes and without what a proxy has added.
    List(Vec<&'a str>),
}

/// The value is neither `*` nor a list of at most [`MAX_TAGS`] tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'a> EntityTags<'a> {
    /// Reads all lines of a header. `None` if there are none.
    ///
    /// # Errors
    ///
    /// If the value is neither `*` nor a list of at most [`MAX_TAGS`] tags.
    pub(super) fn of(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Self>, Malformed> {
        let lines: Vec<&HeaderValue> = headers.get_all(name).collect();
        if lines.is_empty() { Ok(None) } else { Self::parse(&lines).map(Some).ok_or(Malformed) }
    }

    fn parse(lines: &[&'a HeaderValue]) -> Option<Self> {
        let lines = lines.iter().map(|line| line.to_str().ok()).collect::<Option<Vec<_>>>()?;
        match lines.into_iter().flat_map(members).take(MAX_TAGS + 1).collect::<Vec<_>>().as_slice() {
            [] => None,
            members if members.len() > MAX_TAGS => None,
            ["*"] => Some(Self::Any),
            members => members.iter().copied().map(tag).collect::<Option<_>>().map(Self::List),
        }
    }
}

/// The members of a list. Commas between quotes belong to a tag.
fn members(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let members = list.split(move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    members.map(str::trim).filter(|member| !member.is_empty())
}

/// What a tag says without its decoration; `None` if it is not a tag. Without quotes only what can be our own is a tag: the
/// number of a version, or the digest of a page.
pub(super) fn tag(text: &str) -> Option<&str> {
    let text = text.strip_prefix("W/").or_else(|| text.strip_prefix("w/")).unwrap_or(text);
    if let Some(quoted) = text.strip_prefix('"') {
        // Old versions of Apache append to the closing quote: `"1"-gzip`.
        let (tag, after) = quoted.split_once('"')?;
        let is_tag = tag.bytes().all(|byte| matches!(byte, b'!'..=b'~')) && is_suffix(after);
        is_tag.then(|| without_suffix(tag))
    } else {
        let tag = without_suffix(text);
        let is_own = !tag.is_empty() && tag.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_own.then_some(tag)
    }
}

fn without_suffix(tag: &str) -> &str {
    let end = tag.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(tag.len());
    let (own, suffix) = tag.split_at(end);
    if is_suffix(suffix) { own } else { tag }
}

/// Whether a proxy may have appended this: words such as `-gzip`, `--gzip`, `;br` or `-ssl-df`. Each begins with a letter,
/// so `"1-2"` is not the tag `"1"`.
fn is_suffix(text: &str) -> bool {
    text.split(['-', ';', ':', '.', '+', '_', '~']).all(|word| {
        let mut characters = word.chars();
        characters.next().is_none_or(|first| first.is_ascii_alphabetic())
            && characters.all(|character| character.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    /// A tag of this service as a client may send it back.
    pub(in crate::input) fn decorated(own: &str) -> impl Strategy<Value = String> + use<> {
        let own = own.to_owned();
        let suffix = "([-;:.+_~]{1,2}[a-z][a-z0-9]{0,6}){0,3}";
        (select(vec!["", "W/", "w/"]), suffix, 0..3_u8).prop_map(move |(weak, suffix, quotes)| match quotes {
            0 => format!("{weak}{own}{suffix}"),
            1 => format!("{weak}\"{own}{suffix}\""),
            _ => format!("{weak}\"{own}\"{suffix}"),
        })
    }

    /// A header value that holds this tag among others.
    pub(in crate::input) fn list_with(own: &str) -> impl Strategy<Value = HeaderValue> + use<> {
        let others = || select(vec!["", "\"x\", ", "W/\"a,b\" ,", " ,, ", "\"\","]);
        (others(), decorated(own), others())
            .prop_map(|(before, tag, after)| HeaderValue::from_str(&format!("{before}{tag} ,{after}")).unwrap())
    }

    #[test]
    fn a_tag_is_read_as_proxies_and_clients_change_it() {
        for text in [
            r#""1""#,
            r#"W/"1""#,
            r#"w/"1""#,
            r#""1-gzip""#,
            r#""1-br""#,
            r#""1-zstd""#,
            r#""1-df""#,
            r#""1--gzip""#,
            r#""1;gzip""#,
            r#""1;br""#,
            r#""1-ssl-df""#,
            r#"W/"1-gzip""#,
            r#""1"-gzip"#,
            r#""1-gzip-gzip""#,
            "1",
            "W/1",
            "1-gzip",
        ] {
            assert_eq!(tag(text), Some("1"), "{text}");
        }
    }

    #[test]
    fn another_number_is_not_a_suffix() {
        for (text, expected) in [
            (r#""1-2""#, Some("1-2")),
            (r#""1.5""#, Some("1.5")),
            (r#""1-gzip-2""#, Some("1-gzip-2")),
            (r#""1;q=1""#, Some("1;q=1")),
            (r#""-1""#, Some("-1")),
            (r#""1"-2"#, None),
            (r#""1" "2""#, None),
            (r#""1"2""#, None),
            (r#""1 2""#, None),
            ("1-2", None),
            ("1 2", None),
            ("-1", None),
            ("v1", None),
            ("'1'", None),
            ("W/", None),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(tag(text), expected, "{text}");
        }
    }
}
