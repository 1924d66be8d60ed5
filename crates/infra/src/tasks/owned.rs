//! Where every query on tasks starts: with the owner's filter.
//!
//! `clippy.toml` bans SeaORM's own starting points outside this file.

use domain::{OwnerId, TaskId};
use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany};

use super::entity::{Column, Entity};

/// All tasks of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned(owner: &OwnerId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner.as_str()))
}

/// One task of an owner.
pub(super) fn owned_task(owner: &OwnerId, id: TaskId) -> Select<Entity> {
    owned(owner).filter(Column::Id.eq(*id.as_uuid()))
}

/// A change of one task of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned_update(owner: &OwnerId, id: TaskId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::UserId.eq(owner.as_str())).filter(Column::Id.eq(*id.as_uuid()))
}

/// The removal of one task of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned_delete(owner: &OwnerId, id: TaskId) -> DeleteMany<Entity> {
    Entity::delete_many().filter(Column::UserId.eq(owner.as_str())).filter(Column::Id.eq(*id.as_uuid()))
}
