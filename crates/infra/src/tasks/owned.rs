//! Where every query on tasks starts: with the owner's filter.
//!
//! `clippy.toml` bans SeaORM's own starting points outside this file.

use domain::OwnerId;
use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany};

use super::{
    entity::{Column, Entity},
    template::placeholder,
};

/// All tasks of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned(owner: &OwnerId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner.as_str()))
}

/// All tasks of an owner who is filled in later, as are ids.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned_later() -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(placeholder(Column::UserId)))
}

/// A change of one task of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned_update() -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::UserId.eq(placeholder(Column::UserId)))
        .filter(Column::Id.eq(placeholder(Column::Id)))
}

/// The removal of one task of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned_delete() -> DeleteMany<Entity> {
    Entity::delete_many()
        .filter(Column::UserId.eq(placeholder(Column::UserId)))
        .filter(Column::Id.eq(placeholder(Column::Id)))
}
