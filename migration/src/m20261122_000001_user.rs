//! Creates `"user"`, unless Better Auth has created it.
//!
//! Tasks refer to users, and either of the two programs may be set up first. The columns are exactly those that Better Auth
//! creates, so that its own migrations find nothing to change. This requires different SQL for each database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = r#"
    CREATE TABLE IF NOT EXISTS "user" (
        "id" text NOT NULL PRIMARY KEY,
        "name" text NOT NULL,
        "email" text NOT NULL UNIQUE,
        "emailVerified" boolean NOT NULL,
        "image" text,
        "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
        "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
    )"#;

const SQLITE: &str = r#"
    CREATE TABLE IF NOT EXISTS "user" (
        "id" text NOT NULL PRIMARY KEY,
        "name" text NOT NULL,
        "email" text NOT NULL UNIQUE,
        "emailVerified" integer NOT NULL,
        "image" text,
        "createdAt" date NOT NULL,
        "updatedAt" date NOT NULL
    )"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = if manager.get_database_backend() == DbBackend::Sqlite { SQLITE } else { POSTGRES };
        let connection = manager.get_connection();
        connection.execute_unprepared(table).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            require_text_ids(connection).await?;
        }
        Ok(())
    }

    /// Keeps the table, because Better Auth may have created it and owns the users.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// Better Auth can be configured to use ids of other types. Tasks refer to users by the text in their tokens, and in Postgres a
/// text column cannot refer to a UUID or a number.
async fn require_text_ids(connection: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let query = r#"SELECT format_type(atttypid, NULL) AS "type" FROM pg_attribute
                   WHERE attrelid = to_regclass('"user"') AND attname = 'id'"#;
    let query = Statement::from_string(DbBackend::Postgres, query);
    let Some(row) = connection.query_one_raw(query).await? else { return Ok(()) };
    let id_type: String = row.try_get("", "type")?;
    if matches!(id_type.as_str(), "text" | "character varying" | "character") {
        return Ok(());
    }
    Err(DbErr::Migration(format!(
        "\"user\".\"id\" is of type {id_type} and must be text: leave advanced.database.generateId of Better Auth at its \
         default, or give it a function, and let Better Auth make its tables anew"
    )))
}
