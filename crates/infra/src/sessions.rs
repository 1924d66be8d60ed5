//! Better Auth's table of sessions, which is only ever read.

use async_trait::async_trait;
use domain::{OwnerId, RepositoryError, Session, SessionStore};
use sea_orm::{
    DbErr, DeriveIden, QueryResult,
    sea_query::{Expr, ExprTrait, Query},
};
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::{
    connection::{Rows, TaskConnection},
    error::repository_error,
};

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

impl<C: TaskConnection> SeaOrmSessions<C> {
    /// The sessions behind this connection.
    pub fn new(connection: C) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl<C: TaskConnection + Send> SessionStore for SeaOrmSessions<C> {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        let select = Query::select()
            .columns([SessionTable::Token, SessionTable::UserId, SessionTable::ExpiresAt])
            .from(SessionTable::Table)
            .and_where(Expr::col(SessionTable::Token).eq(token))
            .to_owned();
        let select = self.connection.get_database_backend().build(&select);
        let rows = self.connection.read(select).await.map_err(repository_error)?;
        match first(&rows)? {
            None => Ok(None),
            Some(row) if row.token == token => Ok(session(row)),
            // The connection may be shared with statements of others: should they ever be mixed up, nobody is let in.
            Some(_) => Err(RepositoryError::Failed("the database answered with another session".into())),
        }
    }
}

struct Row {
    token: String,
    user_id: String,
    expires_at: OffsetDateTime,
}

fn first(rows: &Rows) -> Result<Option<Row>, RepositoryError> {
    match rows {
        Rows::Sqlx(rows) => rows.first().map(of_sqlx).transpose().map_err(repository_error),
        Rows::TokioPostgres(rows) => {
            rows.first().map(of_tokio_postgres).transpose().map_err(|error| RepositoryError::Failed(error.into()))
        }
    }
}

// Better Auth's own migrations make the column of the time with a time zone; some of its adapters make it without one, in UTC.

fn of_sqlx(row: &QueryResult) -> Result<Row, DbErr> {
    let expires_at =
        row.try_get_by_index(2).or_else(|_zone| row.try_get_by_index(2).map(PrimitiveDateTime::assume_utc))?;
    Ok(Row { token: row.try_get_by_index(0)?, user_id: row.try_get_by_index(1)?, expires_at })
}

fn of_tokio_postgres(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let expires_at = row.try_get(2).or_else(|_zone| row.try_get(2).map(PrimitiveDateTime::assume_utc))?;
    Ok(Row { token: row.try_get(0)?, user_id: row.try_get(1)?, expires_at })
}

/// `None` if whoever the session is of cannot be a user: they have no tasks, now or later.
fn session(row: Row) -> Option<Session> {
    match OwnerId::try_from(row.user_id) {
        Ok(owner) => Some(Session { owner, expires_at: row.expires_at.into() }),
        Err(rule) => {
            tracing::warn!("refused a session: its userId {rule}");
            None
        }
    }
}
