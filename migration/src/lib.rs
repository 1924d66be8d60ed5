//! The schema of the database, as a list of migrations.
//!
//! The rules of this crate:
//!
//! - **One file per migration**, named after its date and what it creates. It can be applied and rolled back.
//! - **A released migration does not change.** It states limits as numbers, not as the domain's constants. When a constant
//!   changes, a further migration changes the database.
//! - **Migrations run inside one transaction** that `infra` begins, with a lock, on both databases. So a migration needs no
//!   transaction of its own, and MUST NOT use statements that cannot run in one (such as `CREATE INDEX CONCURRENTLY`).
//! - **The table of users belongs to Better Auth.** No migration alters or drops it. [`Users`] says which table it is.
//! - **Names have no schema.** `infra` puts the schema of the tables first in the search path.

#![forbid(unsafe_code)]

use sea_orm_migration::{
    MigrationTrait, MigratorTraitSelf,
    sea_query::{Alias, DynIden, IntoIden},
};

mod m20261122_000001_user;
mod m20261122_000002_tasks;
mod m20261122_000003_idempotency_keys;
mod m20261130_000001_task_text;
mod table;
mod users;

pub use table::{TableName, is_name, quoted};
pub use users::{IdType, Users};

/// The table in which applied migrations are recorded.
///
/// Not sea-orm-migration's default: another program with that default may share the database.
pub const HISTORY: &str = "tasks_api_migrations";

/// The table in which earlier releases recorded applied migrations. It may also hold those of other programs.
pub const SHARED_HISTORY: &str = "seaql_migrations";

/// The tables that belong to this program.
pub const TABLES: [&str; 3] = ["tasks", "idempotency_keys", HISTORY];

/// All migrations, oldest first.
#[derive(Debug, Default)]
pub struct Migrator {
    users: Users,
}

impl Migrator {
    /// Migrations whose tables refer to these users.
    #[must_use]
    pub fn new(users: Users) -> Self {
        Self { users }
    }
}

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let users = || self.users.clone();
        vec![
            Box::new(m20261122_000001_user::Migration { users: users() }),
            Box::new(m20261122_000002_tasks::Migration { users: users() }),
            Box::new(m20261122_000003_idempotency_keys::Migration { users: users() }),
            Box::new(m20261130_000001_task_text::Migration),
        ]
    }

    fn migration_table_name(&self) -> DynIden {
        Alias::new(HISTORY).into_iden()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_migrations_keep_their_names_and_order() {
        let migrations = Migrator::default().migrations();
        let names: Vec<String> = migrations.iter().map(|migration| migration.name().to_owned()).collect();

        let released = [
            "m20261122_000001_user",
            "m20261122_000002_tasks",
            "m20261122_000003_idempotency_keys",
            "m20261130_000001_task_text",
        ];
        assert!(names.iter().zip(released).all(|(name, released)| name == released), "{names:?}");
        assert!(names.len() >= released.len());
    }
}
