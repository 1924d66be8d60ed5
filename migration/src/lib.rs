//! The schema of the database, as a list of migrations.
//!
//! The rules of this crate:
//!
//! - **One file per migration**, named after its date and what it creates. It can be applied and rolled back.
//! - **A released migration does not change.** It states limits as numbers, not as the domain's constants. When a constant
//!   changes, a further migration changes the database.
//! - **Migrations run inside one transaction** that `infra` begins, with a lock, on both databases. So a migration needs no
//!   transaction of its own, and MUST NOT use statements that cannot run in one (such as `CREATE INDEX CONCURRENTLY`).
//! - **`"user"` belongs to Better Auth.** No migration alters or drops it.

#![forbid(unsafe_code)]

use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m20261122_000001_user;
mod m20261122_000002_tasks;
mod m20261122_000003_idempotency_keys;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_user::Migration),
            Box::new(m20261122_000002_tasks::Migration),
            Box::new(m20261122_000003_idempotency_keys::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_migrations_keep_their_names_and_order() {
        let names: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();

        let released = ["m20261122_000001_user", "m20261122_000002_tasks", "m20261122_000003_idempotency_keys"];
        assert!(names.iter().zip(released).all(|(name, released)| name == released), "{names:?}");
        assert!(names.len() >= released.len());
    }
}
