//! The statements on existing tasks.

use domain::{
    CompletedChange, FieldChange, OwnerId, PageLimit, Precondition, Task, TaskChanges, TaskId, TaskQuery, Timestamp,
    Title,
};
use sea_orm::{
    ColumnTrait, DbBackend, Iterable, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};
use time::OffsetDateTime;

use super::entity::{Column, Entity};
use crate::{
    layout::Layout,
    sql::{Binds, Kind, Placeholder, Shapes, Statement, dialect, owned, owned_delete, owned_update, probe},
};

/// A page with a higher limit than this counts as a read of many rows, and may have more text than a page holds.
const FEW: u16 = 100;

const _: () = assert!((FEW as usize - 1) * Task::MAX_TEXT_BYTES < PageLimit::TEXT_BYTES);

/// The statements on tasks, for one database.
#[derive(Debug)]
pub(super) struct TaskStatements(Shapes<Shape>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Get,
    Page { completed: bool, older_than: bool, limit: u16 },
    Update { title: bool, description: bool, completed: bool, toggled: bool, condition: Option<Versions> },
    Delete { condition: Option<Versions> },
    Probe,
}

/// Which versions a condition lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Versions {
    Required,
    Excluded,
}

impl TaskStatements {
    pub(super) fn new(layout: &Layout) -> Self {
        Self(Shapes::new(layout))
    }

    /// One task of an owner.
    pub(super) fn get(&self, owner: &OwnerId, id: TaskId) -> Statement {
        let mut binds = self.0.binds();
        let (owner, id) = (binds.owner(owner), binds.add(*id.as_uuid()));
        self.0
            .statement(Shape::Get, Kind::Read, binds, || owned::<Entity>(owner).filter(is(Column::Id, id)).into_query())
    }

    /// A page of an owner's tasks, newest first, plus one task, which tells whether there is another page.
    ///
    /// The limit is part of the text. If it were a bound value, Postgres could not estimate the number of rows and would plan
    /// every list again, which takes nearly as long as running it. A rare limit costs one more round trip, since a connection
    /// keeps only a hundred statements prepared.
    ///
    /// A long page ends at the task after the one with which the text reaches its limit, so that no more text is read and sent.
    pub(super) fn page(&self, owner: &OwnerId, query: &TaskQuery) -> Statement {
        let limit = query.limit.get();
        let mut binds = self.0.binds();
        let owner = binds.owner(owner);
        let completed = binds.add_some(query.completed);
        let older_than = binds.add_some(query.older_than.map(|id| *id.as_uuid()));
        let shape = Shape::Page { completed: completed.is_some(), older_than: older_than.is_some(), limit };
        let kind = if limit > FEW { Kind::ReadMany } else { Kind::Read };
        self.0.statement(shape, kind, binds, || {
            let page = owned::<Entity>(owner)
                .apply_if(completed, |page, completed| page.filter(is(Column::Completed, completed)))
                .apply_if(older_than, |page, id| page.filter(Column::Id.into_expr().lt(id)))
                .order_by_desc(Column::Id)
                .limit(u64::from(limit) + 1)
                .into_query();
            if limit > FEW { up_to_text_limit(page) } else { page }
        })
    }

    /// An update of one task of an owner, if `precondition` holds. Returns the row.
    pub(super) fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Statement {
        let mut binds = self.0.binds();
        let (owner, id, now) = (binds.owner(owner), binds.add(*id.as_uuid()), binds.add(OffsetDateTime::from(now)));
        let title = binds.add_some(changes.title.as_ref().map(Title::as_str));
        let description = match &changes.description {
            FieldChange::Keep => None,
            FieldChange::Clear => Some(binds.add(None::<String>)),
            FieldChange::Set(text) => Some(binds.add(text.as_str())),
        };
        let (completed, toggled) = match changes.completed {
            CompletedChange::Keep => (None, false),
            CompletedChange::Set(completed) => (Some(binds.add(completed)), false),
            CompletedChange::Toggle => (None, true),
        };
        let versions = bind_versions(&mut binds, precondition, self.0.backend());
        let shape = Shape::Update {
            title: title.is_some(),
            description: description.is_some(),
            completed: completed.is_some(),
            toggled,
            condition: versions.map(|(versions, _)| versions),
        };
        let backend = self.0.backend();
        self.0.statement(shape, Kind::WriteReturning, binds, || {
            owned_update::<Entity>(owner)
                .filter(is(Column::Id, id))
                .apply_if(versions, |update, versions| update.filter(has_version(versions, backend)))
                .col_expr(Column::Version, Expr::col(Column::Version).add(1))
                .col_expr(Column::UpdatedAt, dialect::later_of(Column::UpdatedAt, now, backend))
                .apply_if(title, |update, title| update.col_expr(Column::Title, title.into()))
                .apply_if(description, |update, text| update.col_expr(Column::Description, text.into()))
                .apply_if(completed, |update, completed| update.col_expr(Column::Completed, completed.into()))
                .apply_if(toggled.then_some(()), |update, ()| {
                    update.col_expr(Column::Completed, Expr::col(Column::Completed).not())
                })
                .into_query()
                .returning(Query::returning().columns(Column::iter()))
                .to_owned()
        })
    }

    /// A delete of one task of an owner, if `precondition` holds.
    pub(super) fn delete(&self, owner: &OwnerId, id: TaskId, precondition: &Precondition) -> Statement {
        let mut binds = self.0.binds();
        let (owner, id) = (binds.owner(owner), binds.add(*id.as_uuid()));
        let versions = bind_versions(&mut binds, precondition, self.0.backend());
        let backend = self.0.backend();
        let shape = Shape::Delete { condition: versions.map(|(versions, _)| versions) };
        self.0.statement(shape, Kind::Write, binds, || {
            owned_delete::<Entity>(owner)
                .filter(is(Column::Id, id))
                .apply_if(versions, |delete, versions| delete.filter(has_version(versions, backend)))
                .into_query()
        })
    }

    /// Reads no row, on a connection for writes.
    pub(super) fn probe(&self) -> Statement {
        self.0.statement(Shape::Probe, Kind::WriteReturning, self.0.binds(), || probe::<Entity>(self.0.layout()))
    }
}

/// The rows of a page up to the one after that with which the text reaches its limit.
#[expect(clippy::disallowed_methods, reason = "the page has the owner's filter")]
fn up_to_text_limit(page: SelectStatement) -> SelectStatement {
    // Of the rows before the previous one. `octet_length` reads no text that is stored apart from its row.
    const TEXT: &str = "coalesce(sum(octet_length(title) + coalesce(octet_length(description), 0)) \
                        OVER (ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING), 0)";
    let counted = Query::select()
        .columns(Column::iter())
        .expr_as(Expr::cust(TEXT), "text_before")
        .from_subquery(page, "page")
        .to_owned();
    Query::select()
        .columns(Column::iter())
        .from_subquery(counted, "counted")
        .and_where(Expr::cust(format!("text_before < {}", PageLimit::TEXT_BYTES)))
        .order_by(Column::Id, Order::Desc)
        .to_owned()
}

/// The filter for one value of a column.
pub(super) fn is<C: ColumnTrait>(column: C, value: Placeholder) -> Expr {
    column.into_expr().eq(value)
}

/// One value for any number of versions.
fn bind_versions(
    binds: &mut Binds<'_>,
    precondition: &Precondition,
    backend: DbBackend,
) -> Option<(Versions, Placeholder)> {
    let (which, versions) = match precondition {
        Precondition::None => return None,
        Precondition::Version(versions) => (Versions::Required, versions),
        Precondition::NotVersion(versions) => (Versions::Excluded, versions),
    };
    let versions = versions.iter().map(|version| version.get());
    Some((which, binds.add(dialect::list(versions, backend))))
}

fn has_version((which, versions): (Versions, Placeholder), backend: DbBackend) -> Expr {
    let is_listed = dialect::is_one_of(Column::Version, versions, backend);
    match which {
        Versions::Required => is_listed,
        Versions::Excluded => is_listed.not(),
    }
}

#[cfg(test)]
mod tests;
