//! Postgres and `PgBouncer` for tests.
//!
//! The Postgres server is the one of `TEST_DATABASE_URL`: the URL of any database on a server where further databases may be
//! created, reached without TLS. Without that variable, a server is started for this process alone if Postgres is installed
//! on this machine. If it is not, the tests on Postgres are left out: one line on standard error says so, once per run. They
//! fail instead if `REQUIRE_POSTGRES` is set.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, clippy::panic, reason = "this is part of tests: its failure is a panic")]

pub mod installation;
mod left_out;
mod local_server;
mod pgbouncer;
mod postgres;
mod watched;

pub use left_out::Optional;
pub use pgbouncer::{PgBouncer, Pooler};
pub use postgres::PostgresDatabase;
