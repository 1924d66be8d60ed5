//! The parts of responses: bodies, entity tags, cursors, headers and errors.

pub(crate) mod body;
pub(crate) mod code;
pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod headers;
pub(crate) mod health;
pub(crate) mod pieces;
