use domain::{
    Clock, CompletedChange, Description, FieldChange, OwnerId, PageLimit, Precondition, TaskChanges, TaskId, TaskQuery,
    Title, Version,
    testing::{FixedClock, alice},
};
use sea_orm::{DbBackend, Value, prelude::Uuid};

use super::{Layout, Statement, TaskStatements};

const ID: Uuid = Uuid::from_u128(7);
const BACKENDS: [DbBackend; 2] = [DbBackend::Postgres, DbBackend::Sqlite];

fn alices() -> OwnerId {
    alice().id
}

#[test]
fn a_statement_on_one_task_names_its_owner_and_its_id() {
    for backend in BACKENDS {
        let (statements, now) = (TaskStatements::new(&Layout::new(backend, None)), FixedClock::default().now());
        let mut all = vec![statements.get(&alices(), ID.into())];
        for precondition in [Precondition::None, versions(&[]), versions(&[1]), versions(&[1, 2]), not_version(1)] {
            all.push(statements.delete(&alices(), ID.into(), &precondition));
            let update = |changes| statements.update(&alices(), ID.into(), &changes, &precondition, now);
            all.extend(changes().into_iter().map(update));
        }
        for statement in all {
            assert_eq!(value_of(&statement, r#""user_id" = "#), "alice".into(), "{statement:?}");
            assert_eq!(value_of(&statement, r#""id" = "#), ID.into(), "{statement:?}");
        }
    }
}

#[test]
fn a_page_names_its_owner_and_its_filters() {
    for backend in BACKENDS {
        let (statements, id) = (TaskStatements::new(&Layout::new(backend, None)), TaskId::from(ID));
        for (completed, older_than) in [(None, None), (Some(true), None), (None, Some(id)), (Some(true), Some(id))] {
            let query = TaskQuery { completed, older_than, limit: PageLimit::new(20).unwrap() };

            let page = statements.page(&alices(), &query);

            assert_eq!(value_of(&page, r#""user_id" = "#), "alice".into(), "{page:?}");
            assert_eq!(page.sql.contains(r#""completed" = "#), completed.is_some(), "{page:?}");
            assert_eq!(page.sql.contains(r#""id" < "#), older_than.is_some(), "{page:?}");
            assert!(page.sql.ends_with(" LIMIT 21"), "{page:?}");
        }
    }
}

#[test]
fn an_update_sets_what_it_names_to_the_values_it_names() {
    for backend in BACKENDS {
        let (statements, now) = (TaskStatements::new(&Layout::new(backend, None)), FixedClock::default().now());
        for changes in changes() {
            let update = statements.update(&alices(), ID.into(), &changes, &Precondition::None, now);

            let set = |column: &str| format!(r#""{column}" = "#);
            let (_, assignments) = update.sql.split_once(" SET ").unwrap();
            let (assignments, _) = assignments.split_once(" WHERE ").unwrap();
            let title = changes.title.as_ref().map(|title| title.as_str().into());
            assert_eq!(assignments.contains(&set("title")).then(|| value_of(&update, &set("title"))), title);
            let text = match &changes.description {
                FieldChange::Keep => None,
                FieldChange::Clear => Some(None::<String>.into()),
                FieldChange::Set(text) => Some(text.as_str().into()),
            };
            assert_eq!(assignments.contains(&set("description")).then(|| value_of(&update, &set("description"))), text);
            let completed = match changes.completed {
                CompletedChange::Keep => None,
                CompletedChange::Set(_) => Some(set("completed")),
                CompletedChange::Toggle => Some(r#""completed" = NOT "completed""#.to_owned()),
            };
            assert!(completed.is_none_or(|words| assignments.contains(&words)), "{update:?}");
        }
    }
}

#[test]
fn a_text_is_the_same_however_many_versions_are_seen() {
    for backend in BACKENDS {
        let statements = TaskStatements::new(&Layout::new(backend, None));
        let delete = |numbers| statements.delete(&alices(), ID.into(), &versions(numbers));

        let (few, many) = (delete(&[1]), delete(&[1, 2, 3]));

        assert_eq!(few.sql, many.sql);
        assert_ne!(few.values, many.values);
    }
}

fn changes() -> Vec<TaskChanges> {
    let title = Title::try_from("Buy groceries").unwrap();
    let text = FieldChange::Set(Description::try_from("Milk".to_owned()).unwrap());
    let mut all = Vec::new();
    for title in [None, Some(title)] {
        for description in [FieldChange::Keep, FieldChange::Clear, text.clone()] {
            for completed in [CompletedChange::Keep, CompletedChange::Set(true), CompletedChange::Toggle] {
                all.push(TaskChanges { title: title.clone(), description: description.clone(), completed });
            }
        }
    }
    all
}

fn versions(numbers: &[i64]) -> Precondition {
    Precondition::Version(numbers.iter().copied().map(Version::from).collect())
}

fn not_version(number: i64) -> Precondition {
    Precondition::NotVersion(vec![Version::from(number)])
}

/// The value of the placeholder that follows this text.
fn value_of(statement: &Statement, words: &str) -> Value {
    let (_, after) = statement.sql.split_once(words).unwrap();
    let number = after[1..].split(|other: char| !other.is_ascii_digit()).next().unwrap();
    statement.values[number.parse::<usize>().unwrap() - 1].clone()
}
