//! Rows of Better Auth's table `"user"`.

use async_trait::async_trait;
use domain::{Identity, RepositoryError, Timestamp, UserProvisioner};
use sea_orm::{
    DeriveIden,
    sea_query::{OnConflict, Query},
};
use time::OffsetDateTime;

use super::SeaOrmTasks;
use crate::{connection::TaskConnection, error::repository_error};

#[derive(DeriveIden)]
enum User {
    Table,
    Id,
    Name,
    Email,
    #[sea_orm(iden = "emailVerified")]
    EmailVerified,
    #[sea_orm(iden = "createdAt")]
    CreatedAt,
    #[sea_orm(iden = "updatedAt")]
    UpdatedAt,
}

#[async_trait]
impl<C: TaskConnection + Send> UserProvisioner for SeaOrmTasks<C> {
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError> {
        // There must be an address, and it must be unique. Where there is none, or it is another user's, one that cannot
        // exist stands in. Better Auth keeps addresses in lower case.
        let own = user.email.as_ref().map(|email| email.to_lowercase());
        let stand_in = format!("{}@users.invalid", user.id.as_str());
        for email in own.into_iter().chain([stand_in]) {
            if self.add_user(user, email, now).await? {
                break;
            }
        }
        Ok(())
    }
}

impl<C: TaskConnection + Send> SeaOrmTasks<C> {
    /// Adds a row. False if the id or the address is taken: the statement does not tell which, and a second one with a free
    /// address changes nothing if it was the id.
    async fn add_user(&self, user: &Identity, email: String, now: Timestamp) -> Result<bool, RepositoryError> {
        let id = user.id.as_str();
        let name = user.name.as_deref().unwrap_or(id);
        let now = OffsetDateTime::from(now);
        let columns = [User::Id, User::Name, User::Email, User::EmailVerified, User::CreatedAt, User::UpdatedAt];
        let row = Query::insert()
            .into_table(User::Table)
            .columns(columns)
            .values([id.into(), name.into(), email.into(), false.into(), now.into(), now.into()])
            .map_err(|error| RepositoryError::Failed(error.into()))?
            // On no particular column: whoever has the id or the address stays as they are.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        let row = self.connection.get_database_backend().build(&row);
        Ok(self.connection.count(row).await.map_err(repository_error)? > 0)
    }
}
