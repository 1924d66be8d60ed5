//! Postgres and `PgBouncer` for tests.
//!
//! `TEST_DATABASE_URL` names the Postgres server: the URL of any database on a server without TLS where tests may create
//! databases. Without that variable, each process starts its own server if Postgres is installed on this machine. If it is not,
//! the tests on Postgres are left out, and one line on standard error reports that once per run. If `REQUIRE_POSTGRES` is set,
//! they fail instead.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, clippy::panic, reason = "this is part of tests: its failure is a panic")]

pub mod installation;
mod left_out;
mod local_server;
mod own_server;
mod pgbouncer;
mod postgres;
mod watched;

pub use left_out::Optional;
pub use own_server::{OwnServer, RunningServer};
pub use pgbouncer::{PgBouncer, Pooler};
pub use postgres::PostgresDatabase;
