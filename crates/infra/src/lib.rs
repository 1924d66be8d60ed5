//! The domain's ports on SeaORM: tasks and users in Postgres or SQLite.
//!
//! The rules of this crate:
//!
//! - **One body for both databases.** [`SeaOrmTasks`] is written once, for any connection; what differs between the two is
//!   in `connect` and in one small function beside the queries.
//! - **The owner comes first.** Only `tasks::owned` starts queries on tasks, each with the owner's filter. `clippy.toml`
//!   bans SeaORM's own starting points everywhere else.
//! - **One use-case, one statement.** No transaction of its own, no read before a write: the database does each use-case whole
//!   or not at all, in one round trip. Those that come at once may be committed together.
//! - **Nothing private in messages.** Neither a password nor what users wrote appears in an error or in the log.
//!
//! With the feature `testing`, [`testing`] gives every test a fresh database.

#![forbid(unsafe_code)]

mod better_auth;
mod connect;
mod database;
mod error;
mod migrate;
mod schema;
mod settings;
mod sql;
mod statistics;
mod tasks;
mod url;

#[cfg(feature = "testing")]
pub mod testing;

pub use better_auth::SeaOrmSessions;
pub use connect::ConnectError;
pub use database::Database;
pub use error::DatabaseError;
pub use migrate::{MigrateError, MigrationState};
pub use schema::SchemaReadiness;
pub use settings::{DatabaseSettings, ExecutorKind};
pub use sql::{Answer, Connection, Kind, Rows, Statement};
pub use statistics::DatabaseStatistics;
pub use tasks::SeaOrmTasks;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
