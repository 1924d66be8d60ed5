//! Makes the checks on the texts of a task those of the program. Until now, another program could store a text that the program
//! refuses.
//!
//! Texts with control characters are repaired first: each becomes a space. On Postgres, rows are repaired without a lock on the
//! table, and the new checks are for rows that are written from now on: checking a large table would stop writes. On SQLite,
//! where a check cannot be added to a table, triggers do the same.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Ranges of characters (Unicode scalar values).
type Class = &'static [(u32, u32)];

const CONTROL: Class = &[(0x01, 0x1F), (0x7F, 0x9F)];

/// The control characters other than tabs and line breaks.
const CONTROL_IN_DESCRIPTION: Class = &[(0x01, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F)];

/// White space, and characters that are invisible by themselves: Unicode's property `Default_Ignorable_Code_Point` and the blank
/// Braille pattern.
const INVISIBLE: Class = &[
    (0x01, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x2800, 0x2800),
    (0x3000, 0x3000),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
];

/// What takes the place of a title that nobody can see.
const NO_TITLE: &str = "(no title)";

/// A class in a regular expression of Postgres.
fn regex(class: Class) -> String {
    let ranges: Vec<String> = class.iter().map(|(first, last)| format!(r"\U{first:08x}-\U{last:08x}")).collect();
    ranges.concat()
}

/// Whether a text contains a character of a class, or with `not_in` one that is not in it, in the SQL of the database.
fn contains(backend: DbBackend, column: &str, not_in: bool, class: Class) -> String {
    let not = if not_in { "^" } else { "" };
    if backend == DbBackend::Sqlite {
        let range = |(first, last): &(u32, u32)| format!("char({first}) || '-' || char({last})");
        let ranges = class.iter().map(range).collect::<Vec<_>>().join(" || ");
        format!("{column} GLOB '*[{not}' || {ranges} || ']*'")
    } else {
        format!("{column} ~ '[{not}{}]'", regex(class))
    }
}

/// A text with a space in place of each character of a class, in the SQL of the database.
fn without(backend: DbBackend, column: &str, class: Class) -> String {
    if backend == DbBackend::Sqlite {
        let characters = class.iter().flat_map(|(first, last)| *first..=*last);
        characters.fold(column.to_owned(), |text, character| format!("replace({text}, char({character}), ' ')"))
    } else {
        format!("regexp_replace({column}, '[{}]', ' ', 'g')", regex(class))
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
        let has_control = contains(backend, "title", false, CONTROL);
        let is_visible = contains(backend, "title", true, INVISIBLE);
        let details_have_control = contains(backend, "description", false, CONTROL_IN_DESCRIPTION);
        for repair in [
            format!("UPDATE tasks SET title = {} WHERE {has_control}", without(backend, "title", CONTROL)),
            format!("UPDATE tasks SET title = '{NO_TITLE}' WHERE NOT ({is_visible})"),
            format!(
                "UPDATE tasks SET description = {} WHERE {details_have_control}",
                without(backend, "description", CONTROL_IN_DESCRIPTION)
            ),
        ] {
            connection.execute_unprepared(&repair).await?;
        }
        let checks = [
            ("tasks_title_text", format!("NOT ({has_control}) AND {is_visible}")),
            ("tasks_description_text", format!("description IS NULL OR NOT ({details_have_control})")),
        ];
        for (name, check) in checks {
            let add = if backend == DbBackend::Sqlite {
                trigger(name, &check)
            } else {
                vec![format!("ALTER TABLE tasks ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")]
            };
            for statement in add {
                connection.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        for name in ["tasks_title_text", "tasks_description_text"] {
            let drop = if is_sqlite {
                EVENTS.map(|event| format!("DROP TRIGGER IF EXISTS {name}_{event}")).to_vec()
            } else {
                vec![format!("ALTER TABLE IF EXISTS tasks DROP CONSTRAINT IF EXISTS {name}")]
            };
            for statement in drop {
                manager.get_connection().execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

const EVENTS: [&str; 2] = ["insert", "update"];

/// Triggers that refuse rows for which `check` does not hold.
fn trigger(name: &str, check: &str) -> Vec<String> {
    let refuse = format!("SELECT RAISE(ABORT, 'CHECK constraint failed: {name}')");
    let of_new = check.replace("title", "NEW.title").replace("description", "NEW.description");
    EVENTS
        .map(|event| {
            let on = if event == "update" { "UPDATE OF title, description" } else { "INSERT" };
            format!("CREATE TRIGGER {name}_{event} BEFORE {on} ON tasks WHEN NOT ({of_new}) BEGIN {refuse}; END")
        })
        .to_vec()
}
