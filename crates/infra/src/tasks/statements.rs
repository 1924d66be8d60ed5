//! The statements on tasks. All but those under a precondition are built once, at the start: to build one takes longer than to
//! send it.

use std::fmt::Write;

use domain::{CompletedChange, FieldChange, OwnerId, Precondition, TaskChanges, TaskId, TaskQuery, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, Iterable, QueryFilter, QueryOrder, QueryTrait, Statement,
    prelude::Uuid,
    sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, Query, SelectStatement, UpdateStatement},
};

use super::{
    entity::{Column, Entity, Model},
    later::later_of_updated_at_and,
    owned::{templated, templated_delete, templated_update},
    row::{blank, columns},
    template::{Template, placeholder},
};

/// The statements on tasks, for one kind of database.
#[derive(Debug)]
pub(super) struct Statements {
    backend: DbBackend,
    insert: Template,
    find: Template,
    pages: Vec<(PageShape, Template)>,
    updates: Vec<(UpdateShape, Template)>,
    delete: Template,
}

/// What a page is limited to, whatever the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PageShape {
    /// To the completed, or to the open ones.
    completed: bool,
    /// To those after some task.
    older_than: bool,
}

/// What an update sets, whatever the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UpdateShape {
    title: bool,
    description: bool,
    completed: Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Completed {
    Kept,
    Set,
    Toggled,
}

impl PageShape {
    fn all() -> impl Iterator<Item = Self> {
        [false, true].into_iter().flat_map(|completed| [false, true].map(|older_than| Self { completed, older_than }))
    }
}

impl UpdateShape {
    fn all() -> impl Iterator<Item = Self> {
        [Completed::Kept, Completed::Set, Completed::Toggled].into_iter().flat_map(|completed| {
            let of = |title| [false, true].map(|description| Self { title, description, completed });
            [of(false), of(true)].into_iter().flatten()
        })
    }
}

impl Statements {
    pub(super) fn new(backend: DbBackend) -> Self {
        Self {
            backend,
            insert: Template::new(backend, &insert()),
            find: Template::new(backend, &find()),
            pages: PageShape::all().map(|shape| (shape, Template::new(backend, &page(shape)))).collect(),
            updates: UpdateShape::all()
                .map(|shape| (shape, Template::new(backend, &update(backend, shape, &Precondition::None))))
                .collect(),
            delete: Template::new(backend, &delete(&Precondition::None)),
        }
    }

    /// Adds a task. It does not return the row: all that is in it is known.
    pub(super) fn insert(&self, task: &Model) -> Statement {
        self.insert.fill(task)
    }

    /// One task of an owner.
    pub(super) fn find(&self, owner: &OwnerId, id: TaskId) -> Statement {
        self.find.fill(&blank(owner, *id.as_uuid()))
    }

    /// A page of an owner's tasks, newest first, and one task more, which tells whether there is another page.
    ///
    /// The limit stands in the text. Were it a value, Postgres could not know how many rows are asked for, and would plan
    /// each list anew: that takes it nearly as long as to run it. A limit that is seldom asked for costs a round trip or two
    /// more, since a connection keeps only some hundred statements prepared.
    pub(super) fn page(&self, owner: &OwnerId, query: &TaskQuery) -> Statement {
        let shape = PageShape { completed: query.completed.is_some(), older_than: query.older_than.is_some() };
        let older_than = query.older_than.map_or_else(Uuid::nil, |id| *id.as_uuid());
        let values = Model { completed: query.completed.unwrap_or_default(), ..blank(owner, older_than) };
        let mut statement = match built(&self.pages, shape) {
            Some(template) => template.fill(&values),
            None => Template::new(self.backend, &page(shape)).fill(&values),
        };
        // To a string, which takes everything.
        let _ = write!(statement.sql, " LIMIT {}", query.limit.get() + 1);
        statement
    }

    /// A change of one task of an owner, if `precondition` holds. Returns the row.
    pub(super) fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Statement {
        let mut values = Model { updated_at: now.into(), ..blank(owner, *id.as_uuid()) };
        if let Some(title) = &changes.title {
            title.as_str().clone_into(&mut values.title);
        }
        if let FieldChange::Set(text) = &changes.description {
            values.description = Some(text.as_str().to_owned());
        }
        let completed = match changes.completed {
            CompletedChange::Keep => Completed::Kept,
            CompletedChange::Set(completed) => {
                values.completed = completed;
                Completed::Set
            }
            CompletedChange::Toggle => Completed::Toggled,
        };
        let description = changes.description != FieldChange::Keep;
        let shape = UpdateShape { title: changes.title.is_some(), description, completed };
        match built(&self.updates, shape) {
            Some(template) if *precondition == Precondition::None => template.fill(&values),
            // There are as many as there can be versions.
            _ => Template::new(self.backend, &update(self.backend, shape, precondition)).fill(&values),
        }
    }

    /// The removal of one task of an owner, if `precondition` holds.
    pub(super) fn delete(&self, owner: &OwnerId, id: TaskId, precondition: &Precondition) -> Statement {
        let values = blank(owner, *id.as_uuid());
        match precondition {
            Precondition::None => self.delete.fill(&values),
            Precondition::Version(_) => Template::new(self.backend, &delete(precondition)).fill(&values),
        }
    }
}

fn built<S: Copy + PartialEq>(templates: &[(S, Template)], shape: S) -> Option<&Template> {
    templates.iter().find(|(other, _)| *other == shape).map(|(_, template)| template)
}

fn insert() -> InsertStatement {
    // One for each column: there is nothing to panic about.
    let values = Column::iter().map(|column| Expr::val(placeholder(column)));
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(Column::iter()).values_panic(values).to_owned()
}

fn find() -> SelectStatement {
    templated().filter(Column::Id.eq(placeholder(Column::Id))).into_query()
}

fn page(shape: PageShape) -> SelectStatement {
    let mut page = templated().order_by_desc(Column::Id);
    if shape.completed {
        page = page.filter(Column::Completed.eq(placeholder(Column::Completed)));
    }
    if shape.older_than {
        page = page.filter(Column::Id.lt(placeholder(Column::Id)));
    }
    page.into_query()
}

fn update(backend: DbBackend, shape: UpdateShape, precondition: &Precondition) -> UpdateStatement {
    let set = |column| Expr::val(placeholder(column));
    let mut update = templated_update()
        .filter(holds(precondition))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, later_of_updated_at_and(set(Column::UpdatedAt), backend));
    if shape.title {
        update = update.col_expr(Column::Title, set(Column::Title));
    }
    if shape.description {
        update = update.col_expr(Column::Description, set(Column::Description));
    }
    update = match shape.completed {
        Completed::Kept => update,
        Completed::Set => update.col_expr(Column::Completed, set(Column::Completed)),
        Completed::Toggled => update.col_expr(Column::Completed, Expr::col(Column::Completed).not()),
    };
    update.into_query().returning(columns()).to_owned()
}

fn delete(precondition: &Precondition) -> DeleteStatement {
    templated_delete().filter(holds(precondition)).into_query()
}

/// The rows that a precondition allows to be changed.
fn holds(precondition: &Precondition) -> Condition {
    match precondition {
        Precondition::None => Condition::all(),
        Precondition::Version(versions) => {
            Condition::all().add(Column::Version.is_in(versions.iter().map(|version| version.get())))
        }
    }
}

#[cfg(test)]
mod tests;
