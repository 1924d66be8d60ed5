//! Where every query on tasks starts: with the owner's filter.
//!
//! `clippy.toml` bans SeaORM's own starting points outside this file.

use std::sync::LazyLock;

use domain::{OwnerId, TaskId, TaskQuery};
use sea_orm::{
    ColumnTrait, DbBackend, DeleteMany, EntityTrait, QueryFilter, QueryOrder, QueryTrait, Select, Statement,
    UpdateMany, Value, prelude::Uuid,
};

use super::entity::{Column, Entity};

/// All tasks of an owner.
pub(super) fn owned(owner: &OwnerId) -> Select<Entity> {
    owned_by(owner.as_str())
}

#[expect(clippy::disallowed_methods, reason = "this adds the owner's filter")]
fn owned_by(owner: &str) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(owner))
}

/// Texts of a statement, one for each kind of database. To build one takes longer than to send it.
type Texts = LazyLock<[String; 2]>;

fn texts(of: impl Fn(DbBackend) -> String) -> [String; 2] {
    [DbBackend::Postgres, DbBackend::Sqlite].map(of)
}

fn text(texts: &[String; 2], backend: DbBackend) -> &str {
    &texts[usize::from(backend == DbBackend::Sqlite)]
}

/// One task of an owner.
pub(super) fn owned_task(backend: DbBackend, owner: &OwnerId, id: TaskId) -> Statement {
    static TEXTS: Texts =
        LazyLock::new(|| texts(|backend| owned_by("").filter(Column::Id.eq(Uuid::nil())).build(backend).sql));

    let values = [owner.as_str().into(), (*id.as_uuid()).into()];
    Statement::from_sql_and_values(backend, text(&TEXTS, backend), values)
}

/// A page of an owner's tasks, newest first, and one task more, which tells whether there is another page.
///
/// The limit stands in the text. Were it a value, Postgres could not know how many rows are asked for, and would plan each list
/// anew: that takes it nearly as long as to run it. A limit that is seldom asked for costs a round trip or two more, since a
/// connection keeps only some hundred statements prepared.
pub(super) fn owned_page(backend: DbBackend, owner: &OwnerId, query: &TaskQuery) -> Statement {
    /// All, by whether tasks are done, from some task on, and both.
    static TEXTS: [Texts; 4] = [
        LazyLock::new(|| texts(|backend| newest_first(None, None).build(backend).sql)),
        LazyLock::new(|| texts(|backend| newest_first(Some(false), None).build(backend).sql)),
        LazyLock::new(|| texts(|backend| newest_first(None, Some(Uuid::nil())).build(backend).sql)),
        LazyLock::new(|| texts(|backend| newest_first(Some(false), Some(Uuid::nil())).build(backend).sql)),
    ];

    fn newest_first(completed: Option<bool>, older_than: Option<Uuid>) -> Select<Entity> {
        owned_by("")
            .apply_if(completed, |select, completed| select.filter(Column::Completed.eq(completed)))
            .apply_if(older_than, |select, id| select.filter(Column::Id.lt(id)))
            .order_by_desc(Column::Id)
    }

    let shape = usize::from(query.completed.is_some()) + 2 * usize::from(query.older_than.is_some());
    let limit = query.limit.get() + 1;
    let text = format!("{} LIMIT {limit}", text(&TEXTS[shape], backend));
    let completed = query.completed.map(Value::from);
    let older_than = query.older_than.map(|id| Value::from(*id.as_uuid()));
    let values = [Some(owner.as_str().into()), completed, older_than];
    Statement::from_sql_and_values(backend, text, values.into_iter().flatten())
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
