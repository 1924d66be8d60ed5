//! The statements on tasks. Most are built once, at the start, and only filled in for a request.

use std::fmt::Write;

use domain::{CompletedChange, DescriptionChange, OwnerId, Precondition, TaskChanges, TaskId, TaskQuery, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, Iterable, QueryFilter, QueryOrder, QueryTrait, Statement,
    prelude::Uuid,
    sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, Query, SelectStatement, UpdateStatement},
};

use super::{
    entity::{Column, Entity, Model},
    later::later_of_updated_at_and,
    owned::{owned_delete, owned_later, owned_update},
    row::{blank, columns},
    template::{Template, placeholder},
};

/// The statements on tasks, for one kind of database.
#[derive(Debug)]
pub(super) struct Statements {
    backend: DbBackend,
    insert: Template,
    find: Template,
    /// Of all or only of the completed or open ones; from the newest or from some task on.
    pages: [[Template; 2]; 2],
    /// With the title, with the description, and what happens to `completed`.
    updates: [[[Template; 3]; 2]; 2],
    delete: Template,
}

/// What an update does to `completed`, whatever the value.
#[derive(Clone, Copy)]
enum Completed {
    Kept,
    Set,
    Toggled,
}

const NO_AND_YES: [bool; 2] = [false, true];

impl Statements {
    pub(super) fn new(backend: DbBackend) -> Self {
        let page = |filtered, continued| Template::new(backend, &page(filtered, continued));
        let update = |title, description, completed| {
            Template::new(backend, &update(backend, title, description, completed, &Precondition::None))
        };
        let completed = [Completed::Kept, Completed::Set, Completed::Toggled];
        Self {
            backend,
            insert: Template::new(backend, &insert()),
            find: Template::new(backend, &find()),
            pages: NO_AND_YES.map(|filtered| NO_AND_YES.map(|continued| page(filtered, continued))),
            updates: NO_AND_YES.map(|title| {
                NO_AND_YES.map(|description| completed.map(|completed| update(title, description, completed)))
            }),
            delete: Template::new(backend, &delete(&Precondition::None)),
        }
    }

    /// Adds a task, and returns its row.
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
        let older_than = query.older_than.map_or_else(Uuid::nil, |id| *id.as_uuid());
        let values = Model { completed: query.completed.unwrap_or_default(), ..blank(owner, older_than) };
        let (filtered, continued) = (query.completed.is_some(), query.older_than.is_some());
        let mut page = self.pages[usize::from(filtered)][usize::from(continued)].fill(&values);
        // To a string, which takes everything.
        let _ = write!(page.sql, " LIMIT {}", query.limit.get() + 1);
        page
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
        if let DescriptionChange::Set(text) = &changes.description {
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
        let (title, description) = (changes.title.is_some(), changes.description != DescriptionChange::Keep);
        match precondition {
            Precondition::None => {
                self.updates[usize::from(title)][usize::from(description)][completed as usize].fill(&values)
            }
            Precondition::Version(_) => {
                let update = update(self.backend, title, description, completed, precondition);
                Template::new(self.backend, &update).fill(&values)
            }
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

fn insert() -> InsertStatement {
    let values = Column::iter().map(|column| Expr::val(placeholder(column)));
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(Column::iter()).values_panic(values).returning(columns()).to_owned()
}

fn find() -> SelectStatement {
    owned_later().filter(Column::Id.eq(placeholder(Column::Id))).into_query()
}

fn page(filtered: bool, continued: bool) -> SelectStatement {
    let mut page = owned_later().order_by_desc(Column::Id);
    if filtered {
        page = page.filter(Column::Completed.eq(placeholder(Column::Completed)));
    }
    if continued {
        page = page.filter(Column::Id.lt(placeholder(Column::Id)));
    }
    page.into_query()
}

fn update(
    backend: DbBackend,
    title: bool,
    description: bool,
    completed: Completed,
    precondition: &Precondition,
) -> UpdateStatement {
    let set = |column| Expr::val(placeholder(column));
    let mut update = owned_update()
        .filter(holds(precondition))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, later_of_updated_at_and(set(Column::UpdatedAt), backend));
    if title {
        update = update.col_expr(Column::Title, set(Column::Title));
    }
    if description {
        update = update.col_expr(Column::Description, set(Column::Description));
    }
    update = match completed {
        Completed::Kept => update,
        Completed::Set => update.col_expr(Column::Completed, set(Column::Completed)),
        Completed::Toggled => update.col_expr(Column::Completed, Expr::col(Column::Completed).not()),
    };
    update.into_query().returning(columns()).to_owned()
}

fn delete(precondition: &Precondition) -> DeleteStatement {
    owned_delete().filter(holds(precondition)).into_query()
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
