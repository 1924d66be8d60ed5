use domain::{
    Clock, CompletedChange, Description, FieldChange, NewTask, PageLimit, Precondition, Task, TaskChanges, TaskId,
    TaskQuery, Title, Version,
    testing::{FixedClock, alice},
};
use sea_orm::{DbBackend, Statement, Value, Values, prelude::Uuid};

use super::Statements;
use crate::tasks::row::row;

const ID: Uuid = Uuid::from_u128(7);

#[test]
fn every_statement_has_the_owner_where_it_asks_for_one_and_no_place_left_empty() {
    for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
        let (statements, owner, id, now) =
            (Statements::new(backend), alice().id, TaskId::from(ID), FixedClock::default().now());
        let seen = [Precondition::None, versions(&[]), versions(&[1]), versions(&[1, 2])];
        let mut on_one = vec![statements.find(&owner, id)];
        for precondition in &seen {
            on_one.push(statements.delete(&owner, id, precondition));
            on_one.extend(changes().iter().map(|changes| statements.update(&owner, id, changes, precondition, now)));
        }
        for statement in &on_one {
            assert_eq!(value_after(statement, "\"user_id\" = "), "alice".into(), "{statement:?}");
            assert_eq!(value_after(statement, "\"id\" = "), ID.into(), "{statement:?}");
        }

        let mut pages = Vec::new();
        for (completed, older_than) in [(None, None), (Some(true), None), (None, Some(id)), (Some(true), Some(id))] {
            let page = statements.page(&owner, &TaskQuery { completed, older_than, limit: PageLimit::default() });
            assert_eq!(value_after(&page, "\"user_id\" = "), "alice".into(), "{page:?}");
            assert_eq!(page.sql.contains("\"completed\" = "), completed.is_some(), "{page:?}");
            assert_eq!(page.sql.contains("\"id\" < "), older_than.is_some(), "{page:?}");
            pages.push(page);
        }

        let new = NewTask { title: title(), description: None, completed: false };
        let insert = statements.insert(&row(&Task::created(owner, id, new, now)));
        assert_eq!(values(&insert).first(), Some(&"alice".into()));

        for statement in on_one.iter().chain(&pages).chain([&insert]) {
            assert!(!format!("{:?}", statement.values).contains("\\0"), "{statement:?}");
        }
    }
}

fn changes() -> Vec<TaskChanges> {
    let text = FieldChange::Set(Description::try_from("Milk".to_owned()).unwrap());
    let mut all = Vec::new();
    for title in [None, Some(title())] {
        for description in [FieldChange::Keep, FieldChange::Clear, text.clone()] {
            for completed in [CompletedChange::Keep, CompletedChange::Set(true), CompletedChange::Toggle] {
                all.push(TaskChanges { title: title.clone(), description: description.clone(), completed });
            }
        }
    }
    all
}

fn title() -> Title {
    Title::try_from("Buy groceries").unwrap()
}

fn versions(numbers: &[i64]) -> Precondition {
    Precondition::Version(numbers.iter().copied().map(Version::from).collect())
}

/// The value of the parameter that follows these words.
fn value_after(statement: &Statement, words: &str) -> Value {
    let (before, after) = statement.sql.split_once(words).unwrap();
    let at = match after.strip_prefix('$') {
        Some(number) => {
            number.split(|other: char| !other.is_ascii_digit()).next().unwrap().parse::<usize>().unwrap() - 1
        }
        None => before.matches('?').count(),
    };
    values(statement)[at].clone()
}

fn values(statement: &Statement) -> &[Value] {
    let Some(Values(values)) = &statement.values else { return &[] };
    values
}
