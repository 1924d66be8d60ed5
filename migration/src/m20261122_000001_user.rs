//! Creates Better Auth's table of users, unless there is one.
//!
//! Tasks refer to users, and either of the two programs may be set up first. The columns are exactly those that Better Auth
//! creates, so that its own migrations find nothing to change. This requires different SQL for each database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::Users;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration {
    pub(crate) users: Users,
}

const POSTGRES: &str = r#"(
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "email" text NOT NULL UNIQUE,
    "emailVerified" boolean NOT NULL,
    "image" text,
    "createdAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL
)"#;

const SQLITE: &str = r#"(
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
        if !self.users.is_missing {
            return Ok(());
        }
        let columns = if manager.get_database_backend() == DbBackend::Sqlite { SQLITE } else { POSTGRES };
        let create = format!("CREATE TABLE {} {columns}", self.users.table.quoted());
        manager.get_connection().execute_unprepared(&create).await?;
        Ok(())
    }

    /// Keeps the table, because Better Auth may have created it and owns the users.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
