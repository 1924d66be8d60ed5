//! The common parts of all repositories: the owner's filter, statements by shape, conversion of rows, and the connection that
//! runs statements.

mod connection;
pub(crate) mod dialect;
mod executor;
mod owned;
mod row;
mod rows;
mod seaorm;
mod shapes;
mod statement;
mod unowned;
pub(crate) mod user_id;

pub use connection::{Answer, Connection};
pub(crate) use executor::ExecutorConnection;
pub(crate) use owned::{Owned, owned, owned_delete, owned_update};
pub(crate) use row::Row;
pub use rows::Rows;
pub(crate) use rows::{EntityRow, FromRow, NewRow, ToRow, read};
pub(crate) use seaorm::{SeaOrmConnection, immediate, run};
pub(crate) use shapes::Shapes;
pub(crate) use statement::{Binds, OwnerPlaceholder, Placeholder};
pub use statement::{Kind, Statement};
pub(crate) use unowned::{delete_expired, insert_if, probe};
