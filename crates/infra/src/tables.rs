//! Finds the tables, once, at the start, and says who else may use them.

use crate::{
    Database, MigrateError,
    better_auth::{find_sessions, find_user_columns},
    grants, layout,
};

impl Database {
    /// The same database, with its tables found. Without this, they are expected where the settings say, with the table `user`
    /// and ids that are text. Logs a warning if the users seem to be in another table.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Rejected`] if the tables are in another schema than the settings say, or the users in another table, or if
    /// their ids have a type that is not supported, and [`MigrateError::Failed`].
    pub async fn with_layout(self) -> Result<Self, MigrateError> {
        let layout = layout::find(&self.pool, &self.wanted).await?;
        Ok(Self { layout, ..self })
    }

    /// The same database, with Better Auth's table of sessions and its columns found. Without this, they are expected to be
    /// those of Better Auth's own migrations.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Rejected`] if there is no such table, or it lacks a column, and [`MigrateError::Failed`].
    pub async fn with_sessions(mut self) -> Result<Self, MigrateError> {
        self.layout.sessions = Some(find_sessions(&self.pool, &self.layout.users).await?);
        Ok(self)
    }

    /// The same database, with the columns of Better Auth's table of users found, so that users can be added. Without this, they
    /// are expected to be those of Better Auth's own migrations.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Rejected`] if the table has a column that must have a value and would get none, and
    /// [`MigrateError::Failed`].
    pub async fn with_provisioning(mut self) -> Result<Self, MigrateError> {
        self.layout.user_columns = Some(find_user_columns(&self.pool, &self.layout.users).await?);
        Ok(self)
    }

    /// Logs one warning if the tables of this program are open to everyone, or to a role that an API over the database takes on
    /// for its clients. On SQLite the file's mode protects the tables.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Failed`].
    pub async fn warn_of_open_tables(&self) -> Result<(), MigrateError> {
        Ok(grants::warn_of_open(&self.pool, self.layout.schema()).await?)
    }
}
