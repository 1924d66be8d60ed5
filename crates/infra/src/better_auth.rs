//! Better Auth's tables: users and sessions. They belong to Better Auth; no migration of ours changes them.

mod sessions;
mod users;

pub use sessions::SeaOrmSessions;
pub use users::SeaOrmUsers;
pub(crate) use users::exists;
