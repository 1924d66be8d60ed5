//! The executor's guarantees, tested on a Postgres server.

#![expect(clippy::unwrap_used, reason = "these are tests: their failure is a panic")]

mod batch;
mod errors;
mod group_commit;
mod kinds;
mod network;
mod parameters;
mod pipeline;
mod pool;
mod pooler;
mod runtimes;
mod support;
mod tls;
mod vanished_peers;
