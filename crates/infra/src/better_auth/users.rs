//! Rows of Better Auth's table `"user"`.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Identity, OwnerId, RepositoryError, Timestamp, UserProvisioner};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use time::OffsetDateTime;

use super::user_columns::{Content, UserColumns};
use crate::{
    error::repository_error,
    layout::Layout,
    sql::{Binds, Connection, Kind, Statement, user_id},
};

/// The users of a Better Auth app. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmUsers {
    connection: Arc<dyn Connection>,
    layout: Layout,
    columns: UserColumns,
}

impl SeaOrmUsers {
    /// The users behind this connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        let columns = layout.user_columns.clone().unwrap_or_default();
        Self { connection, layout: layout.clone(), columns }
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
            let insert = insert(&self.layout, &self.columns, user, &email, now);
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
        Query::select().expr(Expr::val(1)).from(layout.users.reference()).and_where(Expr::col("id").eq(id)).to_owned();
    binds.statement(Kind::Read, &select)
}

/// Adds a row unless the id or the address is taken. The statement does not tell which of the two. If it was the id, a second
/// call with a free address changes nothing.
#[expect(clippy::disallowed_methods, reason = "a row of this table is a user, and has no owner")]
fn insert(layout: &Layout, columns: &UserColumns, user: &Identity, email: &str, now: Timestamp) -> Statement {
    let mut binds = Binds::new(layout);
    let time = OffsetDateTime::from(now);
    let (columns, values): (Vec<Alias>, Vec<Expr>) = columns
        .0
        .iter()
        .map(|(name, content)| {
            let value = match content {
                Content::Id => binds.user(&user.id).into(),
                Content::Name => binds.add(user.name.as_deref().unwrap_or(user.id.as_str())).into(),
                Content::Email => binds.add(email).into(),
                Content::False => Expr::cust("FALSE"),
                Content::Zero => Expr::cust("0"),
                Content::Now => binds.add(time).into(),
                Content::UtcNow => Expr::cust(format!("CAST({} AS timestamptz) AT TIME ZONE 'UTC'", binds.add(time))),
                Content::Milliseconds => binds.add(now.unix_milliseconds()).into(),
            };
            (Alias::new(name), value)
        })
        .unzip();
    let insert = Query::insert()
        .into_table(layout.users.reference())
        .columns(columns)
        .values_panic(values)
        // On either conflict the existing user is not changed.
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    binds.statement(Kind::Write, &insert)
}
