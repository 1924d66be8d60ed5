//! Rules that the database itself enforces against any program.

use domain::{
    Clock, CreateOptions, Description, IdSource, TaskRepository, Title,
    testing::{FixedClock, SequentialIds, alice, bob, titled},
};
use infra::testing::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, SqlErr};

on_both_databases! {
    the_limits_are_those_of_the_domain,
    the_database_rejects_what_the_domain_rejects,
    a_task_belongs_to_a_user_and_has_one_id,
    deleting_a_user_deletes_their_tasks,
}

/// Inserts a row with these values, in SQL: the owner, the title, the description and the version.
async fn insert(database: &TestDatabase, values: [&str; 4]) -> Result<(), DbErr> {
    let [owner, title, description, version] = values;
    let connection = database.connection();
    let id = match connection.get_database_backend() {
        DbBackend::Sqlite => "zeroblob(16)",
        _ => "'00000000-0000-0000-0000-000000000000'",
    };
    let time = "'2026-02-06T10:00:00Z'";
    let row = format!(
        "INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, version) \
         VALUES ({owner}, {id}, {title}, {description}, false, {time}, {time}, {version})"
    );
    connection.execute_unprepared(&row).await?;
    Ok(())
}

/// A text with this many characters, each of several bytes.
fn text(characters: usize) -> String {
    format!("'{}'", "水".repeat(characters))
}

async fn the_limits_are_those_of_the_domain(database: TestDatabase) {
    let (title, description) = (*Title::CHARS.end(), Description::MAX_CHARS);

    insert(&database, ["'alice'", &text(title), &text(description), "1"]).await.unwrap();
    insert(&database, ["'bob'", &text(*Title::CHARS.start()), "''", "9223372036854775807"]).await.unwrap();

    insert(&database, ["'alice'", &text(title + 1), "NULL", "1"]).await.unwrap_err();
    insert(&database, ["'alice'", &text(title), &text(description + 1), "1"]).await.unwrap_err();
}

async fn the_database_rejects_what_the_domain_rejects(database: TestDatabase) {
    let rejected = [
        (["'alice'", "''", "NULL", "1"], "tasks_title_length"),
        (["'alice'", &text(501), "NULL", "1"], "tasks_title_length"),
        (["'alice'", "'Task'", &text(10_001), "1"], "tasks_description_length"),
        (["'alice'", "'Task'", "NULL", "0"], "tasks_version_positive"),
        (["'alice'", "NULL", "NULL", "1"], "title"),
        (["NULL", "'Task'", "NULL", "1"], "user_id"),
        (["'alice'", "'Task'", "NULL", "NULL"], "version"),
    ];
    for (values, name) in rejected {
        let error = insert(&database, values).await.unwrap_err().to_string();

        assert!(error.contains(name), "{values:?}: {error}");
    }
}

async fn a_task_belongs_to_a_user_and_has_one_id(database: TestDatabase) {
    let task = |owner| [owner, "'Task'", "NULL", "1"];

    let error = insert(&database, task("'nobody'")).await.unwrap_err();
    assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error}");

    insert(&database, task("'alice'")).await.unwrap();
    let error = insert(&database, task("'alice'")).await.unwrap_err();
    assert!(matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))), "{error}");
    insert(&database, task("'bob'")).await.unwrap();
}

async fn deleting_a_user_deletes_their_tasks(database: TestDatabase) {
    let (tasks, now) = (database.tasks(), FixedClock::default().now());
    let id = SequentialIds::default().next(now).into();
    let new = titled("Task");
    for owner in [alice().id, bob().id] {
        tasks.create(&owner, id, &new, &CreateOptions::default(), now).await.unwrap();
    }

    let delete = r#"DELETE FROM "user" WHERE id = 'alice'"#;
    database.connection().execute_unprepared(delete).await.unwrap();

    assert_eq!(tasks.get(&alice().id, id).await.unwrap(), None);
    assert!(tasks.get(&bob().id, id).await.unwrap().is_some());
}
