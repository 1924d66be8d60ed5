//! The domain's ports on SeaORM: tasks, users and sessions in Postgres or SQLite.
//!
//! The rules of this crate:
//!
//! - **One body for both databases.** [`SeaOrmTasks`] is written once, over the trait [`Connection`]. Differences in SQL are in
//!   `sql::dialect`; connecting is in `connect`.
//! - **SeaORM builds every statement** from the entities, when its shape is first used. Either SeaORM's own connection runs it
//!   (always on SQLite, as the reference on Postgres) or the executor of the crate `pg-executor`. Both pass the same contract;
//!   a [setting](ExecutorKind) chooses.
//! - **The owner comes first.** `sql::owned` starts queries on tables with owners, each with the owner's filter. The few
//!   statements without it are in `sql::unowned`. `clippy.toml` bans the starting points of SeaORM and SeaQuery everywhere else.
//! - **One use-case, one statement.** There is no read before a write. If two tables change, the statements run in one
//!   transaction ([`Connection::run_all`]).
//! - **Nothing private in messages.** Neither a password nor what users wrote appears in an error or in the log.
//!
//! Each resource has its own module, such as `tasks`. All of them use `sql`.
//!
//! With the feature `testing`, [`testing`] gives every test a fresh database.

#![forbid(unsafe_code)]

mod access;
mod backup;
mod better_auth;
mod connect;
mod database;
mod error;
mod grants;
mod idempotency;
mod layout;
mod migrate;
mod migrate_error;
mod move_tasks;
mod schema;
mod settings;
mod shard;
mod sql;
mod statistics;
mod tables;
mod tasks;
mod url;

#[cfg(feature = "testing")]
pub mod testing;

pub use backup::BackupError;
pub use better_auth::{SeaOrmSessions, SeaOrmUsers};
pub use connect::ConnectError;
pub use database::Database;
pub use error::DatabaseError;
pub use idempotency::SeaOrmKeys;
pub use layout::Layout;
pub use migrate::MigrationState;
pub use migrate_error::MigrateError;
pub use migration::{TableName, is_name};
pub use move_tasks::MoveError;
pub use schema::SchemaReadiness;
pub use settings::{ConnectionSharing, DatabaseSettings, ExecutorKind, Sharing};
pub use shard::{Node, Nodes, ShardError, ShardStep, StepState};
pub use sql::{Answer, Connection, Kind, Rows, Statement};
pub use statistics::DatabaseStatistics;
pub use tasks::SeaOrmTasks;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
