#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connection;
mod connector;
mod error;
mod executor;
mod group_commit;
mod health;
mod line;
mod parameter;
mod pipeline;
mod pool;
mod settings;
mod statement;
mod statistics;

pub use connector::Connector;
pub use error::{Error, PgError, is_temporary};
pub use executor::Executor;
pub use parameter::Parameter;
pub use settings::Settings;
pub use statement::{Answer, Kind, Statement};
pub use statistics::Statistics;

// Re-exported in the versions that appear in this crate's API.
#[doc(no_inline)]
pub use rustls;
#[doc(no_inline)]
pub use tokio_postgres;
