//! Tasks in the database.

mod create;
mod create_statements;
mod entity;
mod key_entity;
mod repository;
mod row;
mod statements;
mod sweep;

pub use repository::SeaOrmTasks;
