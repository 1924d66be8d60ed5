//! Tasks in the database.

mod create;
mod create_statements;
mod entity;
mod repository;
mod row;
mod statements;

pub(crate) use entity::Entity;
pub use repository::SeaOrmTasks;
