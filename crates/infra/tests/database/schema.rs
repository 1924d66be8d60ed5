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
    a_character_is_refused_by_the_database_if_the_domain_refuses_it,
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

/// Every character at the edge of a range, in a title alone and beside a letter, and in a description.
async fn a_character_is_refused_by_the_database_if_the_domain_refuses_it(database: TestDatabase) {
    let whole = |text: &str| Title::try_from(text).is_ok_and(|title| title.as_str() == text);
    let is_of = |character: char| {
        let (alone, beside) = (character.to_string(), format!("a{character}a"));
        (whole(&alone), whole(&beside), Description::try_from(alone).is_ok())
    };
    let all = || (1..=0x1_1000).chain(0x1_BC00..0x1_BD00).chain(0x1_D100..0x1_D200).chain(0xD_FFF0..0xE_1010);
    let characters: Vec<char> = all().filter_map(char::from_u32).collect();
    let edges = characters.windows(2).filter(|pair| is_of(pair[0]) != is_of(pair[1])).flatten();
    let edges: std::collections::BTreeSet<char> = edges.chain(&['\u{1}', 'a', '水']).copied().collect();
    assert!(edges.len() > 40);
    for character in edges {
        let (alone, beside, in_description) = is_of(character);
        let quoted = |text: String| format!("'{}'", text.replace('\'', "''"));
        for (title, description, expected) in [
            (character.to_string(), String::new(), alone),
            (format!("a{character}a"), String::new(), beside),
            ("a".to_owned(), character.to_string(), in_description),
        ] {
            let inserted = insert(&database, ["'alice'", &quoted(title), &quoted(description), "1"]).await.is_ok();
            database.connection().execute_unprepared("DELETE FROM tasks").await.unwrap();
            assert_eq!(inserted, expected, "U+{:04X}", u32::from(character));
        }
    }
}

async fn the_database_rejects_what_the_domain_rejects(database: TestDatabase) {
    let rejected = [
        (["'alice'", "''", "NULL", "1"], "tasks_title_"),
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
