//! Better Auth's table of sessions, which is only ever read.

use async_trait::async_trait;
use domain::{OwnerId, RepositoryError, Session, SessionStore};
use sea_orm::{
    ConnectionTrait, DbErr, DeriveIden, QueryResult,
    sea_query::{Expr, ExprTrait, Query},
};
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::error::repository_error;

/// The sessions of a Better Auth app, in the database behind a connection.
#[derive(Debug, Clone)]
pub struct SeaOrmSessions<C> {
    connection: C,
}

#[derive(DeriveIden)]
enum SessionTable {
    #[sea_orm(iden = "session")]
    Table,
    #[sea_orm(iden = "token")]
    Token,
    #[sea_orm(iden = "userId")]
    UserId,
    #[sea_orm(iden = "expiresAt")]
    ExpiresAt,
}

impl<C: ConnectionTrait> SeaOrmSessions<C> {
    /// The sessions behind this connection.
    pub fn new(connection: C) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> SessionStore for SeaOrmSessions<C> {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        let select = Query::select()
            .columns([SessionTable::UserId, SessionTable::ExpiresAt])
            .from(SessionTable::Table)
            .and_where(Expr::col(SessionTable::Token).eq(token))
            .to_owned();
        let row = self.connection.query_one(&select).await.map_err(repository_error)?;
        row.map_or(Ok(None), |row| session(&row)).map_err(repository_error)
    }
}

/// `None` if whoever the session is of cannot be a user: they have no tasks, now or later.
fn session(row: &QueryResult) -> Result<Option<Session>, DbErr> {
    let owner: String = row.try_get("", "userId")?;
    // Better Auth's own migrations make the column with a time zone; some of its adapters make it without one, in UTC.
    let expires_at: OffsetDateTime = row
        .try_get("", "expiresAt")
        .or_else(|_without_zone| row.try_get("", "expiresAt").map(PrimitiveDateTime::assume_utc))?;
    match OwnerId::try_from(owner) {
        Ok(owner) => Ok(Some(Session { owner, expires_at: expires_at.into() })),
        Err(rule) => {
            tracing::warn!("refused a session: its userId {rule}");
            Ok(None)
        }
    }
}
