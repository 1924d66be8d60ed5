//! Where every query on tasks starts: with the owner's filter.
//!
//! `clippy.toml` bans SeaORM's own starting points outside this file.

use std::sync::LazyLock;

use domain::{OwnerId, TaskId};
use sea_orm::{
    ColumnTrait, DbBackend, DeleteMany, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Select, SelectModel,
    SelectorRaw, Statement, UpdateMany, prelude::Uuid,
};

use super::entity::{Column, Entity, Model};

/// All tasks of an owner.
#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
pub(super) fn owned(owner: &OwnerId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner.as_str()))
}

/// One task of an owner, which is asked for most. The text of the statement is always the same, and to build it took longer
/// than to send it.
pub(super) fn owned_task(backend: DbBackend, owner: &OwnerId, id: TaskId) -> SelectorRaw<SelectModel<Model>> {
    static OF_POSTGRES: LazyLock<String> = LazyLock::new(|| text(DbBackend::Postgres));
    static OF_SQLITE: LazyLock<String> = LazyLock::new(|| text(DbBackend::Sqlite));

    #[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
    fn text(backend: DbBackend) -> String {
        Entity::find().filter(Column::UserId.eq("")).filter(Column::Id.eq(Uuid::nil())).build(backend).sql
    }

    let text = if backend == DbBackend::Sqlite { &OF_SQLITE } else { &OF_POSTGRES };
    let values = [owner.as_str().into(), (*id.as_uuid()).into()];
    Model::find_by_statement(Statement::from_sql_and_values(backend, text.as_str(), values))
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
