//! Broken rows and a broken database cause an error with a cause, never a panic and never private text in a message.

use std::error::Error;

use domain::{
    Clock, CreateOptions, Description, NewTask, Precondition, Readiness, RepositoryError, TaskChanges, TaskId,
    TaskQuery, TaskRepository, UserProvisioner,
    testing::{FixedClock, alice, nobody, titled},
};
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend};

on_both_databases! {
    a_row_that_breaks_a_rule_of_the_domain_is_shown_and_can_be_changed,
    a_row_with_a_value_of_another_type_is_a_failure,
    a_duplicate_id_is_a_failure_without_private_text,
    a_failed_commit_is_not_acknowledged,
    a_database_without_tables_is_not_ready,
    a_closed_database_is_unavailable,
}

fn id() -> TaskId {
    TaskId::try_from("00000000-0000-7000-8000-000000000001").unwrap()
}

fn secret_task() -> NewTask {
    let description = Description::try_from("private".to_owned()).unwrap();
    NewTask { description: Some(description), ..titled("private") }
}

async fn create(database: &TestDatabase) {
    database
        .tasks()
        .create(&alice().id, id(), &secret_task(), &CreateOptions::default(), FixedClock::default().now())
        .await
        .unwrap();
}

fn cause(error: &RepositoryError) -> String {
    assert!(matches!(error, RepositoryError::Failed(_)), "{error:?}");
    error.source().unwrap().to_string()
}

/// As an earlier release of the schema let another program write it.
async fn a_row_that_breaks_a_rule_of_the_domain_is_shown_and_can_be_changed(database: TestDatabase) {
    create(&database).await;
    database.migrate_down(1).await.unwrap();
    let spoil = match database.connection().get_database_backend() {
        DbBackend::Sqlite => "UPDATE tasks SET title = 'a' || char(9) || 'b', description = char(1)",
        _ => r"UPDATE tasks SET title = E'a\tb', description = E'\x01'",
    };
    database.connection().execute_unprepared(spoil).await.unwrap();
    let (tasks, owner, now) = (database.tasks(), alice().id, FixedClock::default().now());
    let toggle = TaskChanges { completed: domain::CompletedChange::Toggle, ..TaskChanges::default() };

    let got = tasks.get(&owner, id()).await.unwrap().unwrap();
    let listed = tasks.list(&owner, &TaskQuery::default()).await.unwrap();
    let changed = tasks.update(&owner, id(), &toggle, &Precondition::None, now).await.unwrap();

    assert_eq!((got.title.as_str(), got.description.as_ref().unwrap().as_str()), ("a\tb", "\u{1}"));
    assert_eq!(listed.items, [got]);
    assert!(matches!(changed, domain::UpdateOutcome::Done(task) if task.completed && task.title.as_str() == "a\tb"));

    database.migrate_up().await.unwrap();
    let repaired = tasks.get(&owner, id()).await.unwrap().unwrap();
    assert_eq!((repaired.title.as_str(), repaired.description.unwrap().as_str()), ("a b", " "));
    assert_eq!(repaired.version.get(), 2, "a repair is no change");
}

async fn a_row_with_a_value_of_another_type_is_a_failure(database: TestDatabase) {
    create(&database).await;
    let break_it = match database.connection().get_database_backend() {
        DbBackend::Sqlite => "UPDATE tasks SET updated_at = 'soon'",
        _ => "ALTER TABLE tasks ALTER updated_at TYPE text USING 'soon'",
    };
    database.connection().execute_unprepared(break_it).await.unwrap();

    let got = database.tasks().get(&alice().id, id()).await.unwrap_err();

    assert!(cause(&got).contains("updated_at"), "{got:?}");
}

async fn a_duplicate_id_is_a_failure_without_private_text(database: TestDatabase) {
    create(&database).await;

    let again = database
        .tasks()
        .create(&alice().id, id(), &secret_task(), &CreateOptions::default(), FixedClock::default().now())
        .await;
    let again = again.unwrap_err();
    assert!(cause(&again).to_lowercase().contains("unique"), "{again:?}");

    database.connection().execute_unprepared("ALTER TABLE tasks RENAME COLUMN version TO edition").await.unwrap();
    for error in [again, database.tasks().get(&alice().id, id()).await.unwrap_err()] {
        assert!(!format!("{error:?} {}", cause(&error)).contains("private"), "{error:?}");
    }
}

/// A full disk is reported only at the commit, after the statement has returned its rows. A foreign key that is checked at the
/// commit simulates that.
async fn a_failed_commit_is_not_acknowledged(database: TestDatabase) {
    create(&database).await;
    let connection = database.connection();
    let ledger = r#"CREATE TABLE ledger (user_id text REFERENCES "user" (id) DEFERRABLE INITIALLY DEFERRED)"#;
    connection.execute_unprepared(ledger).await.unwrap();
    for event in ["INSERT", "UPDATE", "DELETE"] {
        let trigger = match connection.get_database_backend() {
            DbBackend::Sqlite => format!(
                "CREATE TRIGGER late_{event} AFTER {event} ON tasks BEGIN INSERT INTO ledger VALUES ('nobody'); END"
            ),
            _ => format!(
                "CREATE FUNCTION late_{event}() RETURNS trigger LANGUAGE plpgsql \
                 AS $$ BEGIN INSERT INTO ledger VALUES ('nobody'); RETURN NULL; END $$; \
                 CREATE TRIGGER late_{event} AFTER {event} ON tasks FOR EACH ROW EXECUTE FUNCTION late_{event}()"
            ),
        };
        connection.execute_unprepared(&trigger).await.unwrap();
    }
    let (tasks, owner, now) = (database.tasks(), alice().id, FixedClock::default().now());
    let before = tasks.list(&owner, &TaskQuery::default()).await.unwrap();
    let another = TaskId::try_from("00000000-0000-7000-8000-000000000002").unwrap();

    tasks.create(&owner, another, &secret_task(), &CreateOptions::default(), now).await.unwrap_err();
    tasks.update(&owner, id(), &TaskChanges::default(), &Precondition::None, now).await.unwrap_err();
    tasks.delete(&owner, id(), &Precondition::None).await.unwrap_err();

    assert_eq!(tasks.list(&owner, &TaskQuery::default()).await.unwrap(), before);
}

async fn a_database_without_tables_is_not_ready(database: TestDatabase) {
    database.tasks().check().await.unwrap();
    database.migrate_down(u32::MAX).await.unwrap();

    let error = database.tasks().check().await.unwrap_err();

    assert!(cause(&error).contains("tasks"), "{error:?}");
}

async fn a_closed_database_is_unavailable(database: TestDatabase) {
    let (tasks, now) = (database.tasks(), FixedClock::default().now());
    database.close().await;

    let outcomes = [
        tasks.check().await,
        database.users().provision(&nobody(), now).await,
        tasks.get(&alice().id, id()).await.map(drop),
        tasks.create(&alice().id, id(), &secret_task(), &CreateOptions::default(), now).await.map(drop),
        tasks.list(&alice().id, &TaskQuery::default()).await.map(drop),
        tasks.delete(&alice().id, id(), &Precondition::None).await.map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    }
}
