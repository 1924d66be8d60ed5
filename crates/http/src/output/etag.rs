//! Entity tags: the version of a resource, or the state of a list, in a response.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::HeaderValue;
use domain::{PageLimit, Version};

/// The tag of a resource: its version.
pub(crate) fn of_version(version: Version) -> HeaderValue {
    tag(format!("\"{}\"", version.get()))
}

/// The tag of a page: a digest of the ids and versions of its items. It is weak, because it is not derived from the bytes.
pub(crate) fn of_page(limit: PageLimit, has_more: bool, items: impl Iterator<Item = impl Hash>) -> HeaderValue {
    let mut digest = DefaultHasher::new();
    (limit.get(), has_more).hash(&mut digest);
    items.for_each(|item| item.hash(&mut digest));
    tag(format!("W/\"{:016x}\"", digest.finish()))
}

fn tag(tag: String) -> HeaderValue {
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}
