//! Where every query on tasks starts: with the owner's filter. All but [`owned`] leave it to a
//! [`Template`](super::template::Template) whose tasks they are.
//!
//! `clippy.toml` bans SeaORM's own starting points outside this file.

use domain::OwnerId;
use sea_orm::{ColumnTrait, Condition, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany};

use super::{
    entity::{Column, Entity},
    template::placeholder,
};

/// All tasks of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned(owner: &OwnerId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner.as_str()))
}

/// All tasks of an owner to be filled in.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn templated() -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(placeholder(Column::UserId)))
}

/// A change of one task, it and its owner to be filled in.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn templated_update() -> UpdateMany<Entity> {
    Entity::update_many().filter(one_task())
}

/// The removal of one task, it and its owner to be filled in.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn templated_delete() -> DeleteMany<Entity> {
    Entity::delete_many().filter(one_task())
}

fn one_task() -> Condition {
    let is_filled_in = |column: Column| column.eq(placeholder(column));
    Condition::all().add(is_filled_in(Column::UserId)).add(is_filled_in(Column::Id))
}
