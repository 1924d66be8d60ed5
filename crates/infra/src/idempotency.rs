//! The idempotency keys of creates.

mod entity;
mod keys;
mod row;

pub(crate) use entity::{Column, Entity};
pub use keys::SeaOrmKeys;
pub(crate) use row::{KeyUse, NewKeyUse};
