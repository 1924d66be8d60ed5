//! Better Auth's table of sessions. This crate only reads it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{BoxError, OwnerId, RepositoryError, Session, SessionStore, Timestamp};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use time::PrimitiveDateTime;

use super::SessionTable;
use crate::{
    error::repository_error,
    layout::Layout,
    sql::{Connection, Kind, Row, Shapes, Statement},
};

/// The sessions of a Better Auth app. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SeaOrmSessions {
    connection: Arc<dyn Connection>,
    statements: Arc<Shapes<()>>,
    table: Arc<SessionTable>,
}

impl SeaOrmSessions {
    /// The sessions behind this connection.
    #[must_use]
    pub fn new(connection: Arc<dyn Connection>, layout: &Layout) -> Self {
        let statements = Arc::new(Shapes::new(layout));
        let table = layout.sessions.clone().unwrap_or_else(|| SessionTable::beside(&layout.users));
        Self { connection, statements, table: Arc::new(table) }
    }

    #[expect(clippy::disallowed_methods, reason = "a session is found by its token, which tells its owner")]
    fn by_token(&self, token: &str) -> Statement {
        let mut binds = self.statements.binds();
        let token = binds.add(token);
        self.statements.statement((), Kind::Read, binds, || {
            let column = |name: &str| Expr::col(Alias::new(name));
            Query::select()
                .expr(column(&self.table.token))
                // The id is a UUID or a number in some apps.
                .expr(column(&self.table.user_id).cast_as(Alias::new("text")))
                .expr(Expr::cust(self.table.expiry(self.connection.backend())))
                .from(self.table.table.reference())
                .and_where(column(&self.table.token).eq(token))
                .to_owned()
        })
    }
}

#[async_trait]
impl SessionStore for SeaOrmSessions {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        let found = self.connection.run(self.by_token(token)).await.map_err(repository_error)?;
        match found.rows.read(session_row).map_err(RepositoryError::Failed)?.pop() {
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
    expires_at: Timestamp,
}

fn session_row(row: Row<'_>) -> Result<SessionRow, BoxError> {
    let expires_at = match row.get(2) {
        Ok(milliseconds) => Timestamp::from_unix_milliseconds(milliseconds).ok_or("a session expires in no year")?,
        // Better Auth's own migrations create this column with a time zone. Some of its adapters create it without one and store
        // UTC.
        Err(_time) => row.get(2).or_else(|_zone| row.get(2).map(PrimitiveDateTime::assume_utc))?.into(),
    };
    Ok(SessionRow { token: row.get(0)?, user_id: row.get(1)?, expires_at })
}

/// `None` if the user's id is not a valid owner id: such a user cannot have tasks.
fn session(row: SessionRow) -> Option<Session> {
    match OwnerId::try_from(row.user_id) {
        Ok(owner) => Some(Session { owner, expires_at: row.expires_at }),
        Err(rule) => {
            tracing::warn!("rejected a session: its userId {rule}");
            None
        }
    }
}
