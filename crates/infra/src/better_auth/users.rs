//! Rows of Better Auth's table `"user"`.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Identity, OwnerId, RepositoryError, Timestamp, UserProvisioner};
use sea_orm::{
    DeriveIden,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use time::OffsetDateTime;

use crate::{
    error::repository_error,
    layout::Layout,
    sql::{Binds, Connection, Kind, Statement, user_id},
};

#[derive(DeriveIden)]
enum User {
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

/// The users of a Better Auth app. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmUsers {
    connection: Arc<dyn Connection>,
    layout: Layout,
}

impl SeaOrmUsers {
    /// The users behind this connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        Self { connection, layout: layout.clone() }
    }
}

#[async_trait]
impl UserProvisioner for SeaOrmUsers {
    async fn provision(&self, user: &Identity, now: Timestamp) -> Result<(), RepositoryError> {
        if !user_id::can_exist(&user.id, self.layout.id()) {
            return Ok(());
        }
        // The column requires a unique address. If the user has none, or another user has it, a placeholder is stored. Better
        // Auth keeps addresses in lower case.
        let own = user.email.as_ref().map(|email| email.to_lowercase());
        let placeholder = format!("{}@users.invalid", user.id.as_str());
        for email in own.into_iter().chain([placeholder]) {
            let insert = insert(&self.layout, user, email, now);
            if self.connection.run(insert).await.map_err(repository_error)?.affected > 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Reads a row if the user exists.
#[expect(clippy::disallowed_methods, reason = "a row of this table is a user, and has no owner")]
pub(crate) fn exists(layout: &Layout, user: &OwnerId) -> Statement {
    let mut binds = Binds::new(layout);
    let id = binds.user(user);
    let select =
        Query::select().expr(Expr::val(1)).from(layout.users()).and_where(Expr::col(User::Id).eq(id)).to_owned();
    let text = binds.text(&select);
    binds.statement(Kind::Read, text)
}

/// Adds a row unless the id or the address is taken. The statement does not tell which of the two. If it was the id, a second
/// call with a free address changes nothing.
#[expect(clippy::disallowed_methods, reason = "a row of this table is a user, and has no owner")]
fn insert(layout: &Layout, user: &Identity, email: String, now: Timestamp) -> Statement {
    let mut binds = Binds::new(layout);
    let now = OffsetDateTime::from(now);
    let name = user.name.as_deref().unwrap_or(user.id.as_str());
    let columns = [
        (User::Id, binds.user(&user.id)),
        (User::Name, binds.add(name)),
        (User::Email, binds.add(email)),
        (User::EmailVerified, binds.add(false)),
        (User::CreatedAt, binds.add(now)),
        (User::UpdatedAt, binds.add(now)),
    ];
    let (columns, values): (Vec<User>, Vec<Expr>) =
        columns.map(|(column, value)| (column, value.into())).into_iter().unzip();
    let insert = Query::insert()
        .into_table(layout.users())
        .columns(columns)
        .values_panic(values)
        // On either conflict the existing user is not changed.
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    let text = binds.text(&insert);
    binds.statement(Kind::Write, text)
}
