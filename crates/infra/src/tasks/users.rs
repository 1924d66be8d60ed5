//! Rows of Better Auth's table `"user"`.

use async_trait::async_trait;
use domain::{Identity, RepositoryError, Timestamp, UserProvisioner};
use sea_orm::{
    ConnectionTrait, DeriveIden,
    sea_query::{OnConflict, Query},
};
use time::OffsetDateTime;

use super::SeaOrmTasks;
use crate::error::repository_error;

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
impl<C: ConnectionTrait + Send> UserProvisioner for SeaOrmTasks<C> {
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError> {
        let id = user.id.as_str();
        let name = user.name.as_deref().unwrap_or(id);
        // Better Auth keeps addresses in lower case. Where there is none, one that cannot exist stands in, since there must
        // be one and it must be unique.
        let email = user.email.as_ref().map_or_else(|| format!("{id}@users.invalid"), |email| email.to_lowercase());
        let now = OffsetDateTime::from(now);

        let columns = [User::Id, User::Name, User::Email, User::EmailVerified, User::CreatedAt, User::UpdatedAt];
        let row = Query::insert()
            .into_table(User::Table)
            .columns(columns)
            .values([id.into(), name.into(), email.into(), false.into(), now.into(), now.into()])
            .map_err(|error| RepositoryError::Failed(error.into()))?
            // On no particular column: another user with the same address stays as they are, too.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        self.connection.execute(&row).await.map_err(repository_error)?;
        Ok(())
    }
}
