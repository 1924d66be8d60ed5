//! Better Auth's tables: users and sessions. They belong to Better Auth; no migration of ours changes them.

mod columns;
mod session_table;
mod sessions;
mod user_columns;
mod users;

pub(crate) use session_table::{SessionTable, find_sessions};
pub use sessions::SeaOrmSessions;
pub(crate) use user_columns::{UserColumns, find_user_columns};
pub use users::SeaOrmUsers;
pub(crate) use users::exists;
