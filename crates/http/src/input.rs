//! Extractors for handlers: the body, the query, the path and the headers.

pub(crate) mod body;
mod entity_tags;
pub(crate) mod fields;
pub(crate) mod headers;
pub(crate) mod idempotency_key;
pub(crate) mod if_match;
pub(crate) mod if_none_match;
pub(crate) mod path;
pub(crate) mod query;
