//! The schema of the database, a step at a time.
//!
//! The rules of this crate:
//!
//! - **A file a step**, named by its date and what it makes, each with a way forward and a way back.
//! - **A step that was released does not change.** Limits stand in it as numbers, not as the domain's constants: those may
//!   move on, and then a further step moves the database after them.
//! - **Steps run inside one transaction** that `infra` opens and locks, on both databases, so a step needs no transaction
//!   of its own and MUST NOT use statements that cannot run in one (such as `CREATE INDEX CONCURRENTLY`).
//! - **`"user"` belongs to Better Auth.** No step alters or drops it.

#![forbid(unsafe_code)]

use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m20261122_000001_user;
mod m20261122_000002_tasks;
mod m20261122_000003_idempotency_keys;

/// All steps, oldest first.
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
