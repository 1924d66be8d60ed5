//! Better Auth's table of sessions. This crate only reads it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{BoxError, OwnerId, RepositoryError, Session, SessionStore};
use migration::IdType;
use sea_orm::{
    DeriveIden,
    sea_query::{Expr, ExprTrait, Query},
};
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::{
    error::repository_error,
    layout::Layout,
    sql::{Connection, Kind, Row, Shapes, Statement, user_id},
};

/// The sessions of a Better Auth app. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmSessions {
    connection: Arc<dyn Connection>,
    statements: Arc<Shapes<()>>,
}

const TABLE: &str = "session";

#[derive(DeriveIden)]
enum SessionTable {
    #[sea_orm(iden = "token")]
    Token,
    #[sea_orm(iden = "userId")]
    UserId,
    #[sea_orm(iden = "expiresAt")]
    ExpiresAt,
}

impl SeaOrmSessions {
    /// The sessions behind this connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        let statements = Arc::new(Shapes::new(layout));
        Self { connection, statements }
    }

    #[expect(clippy::disallowed_methods, reason = "a session is found by its token, which tells its owner")]
    fn by_token(&self, token: &str) -> Statement {
        let mut binds = self.statements.binds();
        let token = binds.add(token);
        self.statements.statement((), Kind::Read, binds, || {
            Query::select()
                .columns([SessionTable::Token, SessionTable::UserId, SessionTable::ExpiresAt])
                .from(self.statements.layout().better_auth(TABLE))
                .and_where(Expr::col(SessionTable::Token).eq(token))
                .to_owned()
        })
    }
}

#[async_trait]
impl SessionStore for SeaOrmSessions {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        let found = self.connection.run(self.by_token(token)).await.map_err(repository_error)?;
        match found
            .rows
            .read(|row| session_row(row, self.statements.layout().id()))
            .map_err(RepositoryError::Failed)?
            .pop()
        {
            None => Ok(None),
            Some(row) if row.token == token => Ok(session(row)),
            // Other users' statements may share the connection. If answers were ever mixed up, the session is rejected.
            Some(_) => Err(found.rows.mixed_up("another session")),
        }
    }
}

struct SessionRow {
    token: String,
    user_id: String,
    expires_at: OffsetDateTime,
}

fn session_row(row: Row<'_>, id: IdType) -> Result<SessionRow, BoxError> {
    // Better Auth's own migrations create this column with a time zone. Some of its adapters create it without one and store
    // UTC.
    let expires_at = row.get(2).or_else(|_zone| row.get(2).map(PrimitiveDateTime::assume_utc))?;
    Ok(SessionRow { token: row.get(0)?, user_id: user_id::at(row, 1, id)?, expires_at })
}

/// `None` if the user's id is not a valid owner id: such a user cannot have tasks.
fn session(row: SessionRow) -> Option<Session> {
    match OwnerId::try_from(row.user_id) {
        Ok(owner) => Some(Session { owner, expires_at: row.expires_at.into() }),
        Err(rule) => {
            tracing::warn!("rejected a session: its userId {rule}");
            None
        }
    }
}
