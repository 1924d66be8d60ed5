//! A connection over tokio-postgres.
//!
//! It takes half of the work that one of sqlx takes, and several statements can be on their way over it. SeaORM knows
//! nothing of it: it runs what SeaORM has built, and its rows are read by `tasks::row` and `sessions`.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    iter::zip,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use domain::BoxError;
use futures_util::{
    TryStreamExt,
    future::{join_all, try_join_all},
    pin_mut,
};
use quick_cache::sync::Cache;
use scopeguard::ScopeGuard;
use sea_orm::{Statement, Value, Values};
use tokio::{join, task::JoinHandle, time::timeout};
use tokio_postgres::{
    Client, Row,
    error::SqlState,
    types::{ToSql, Type},
};
use tracing::{debug, warn};

use super::{connector::PING_LIMIT, opener::Driver};
use crate::{
    connect::SLOW,
    error::{Said, is_in_doubt, is_read_only, leaves_connection_usable},
};

/// How many statements a connection keeps prepared: as many as those of sqlx do.
const STATEMENTS: usize = 100;

/// Begins a transaction of several statements, which gives up soon if one of them has to wait for a lock: the others are not to
/// wait for it.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '20ms'";

/// A connection over tokio-postgres. When it is dropped it is closed at once, whatever is on its way.
pub(crate) struct Session {
    /// None when it is being closed.
    client: Option<Client>,
    driver: JoinHandle<()>,
    statements: Cache<String, tokio_postgres::Statement>,
    /// How many statements Postgres may keep prepared for nobody, because who had them prepared has gone meanwhile.
    orphans: AtomicUsize,
}

/// What came of a statement.
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    /// How many rows were changed, or read.
    pub(super) affected: u64,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Session {
    /// On the runtime of this thread.
    pub(super) fn new(client: Client, driver: Driver) -> Self {
        let driver = tokio::spawn(async {
            if let Err(error) = driver.await {
                debug!(%error, "a connection has broken");
            }
        });
        Self { client: Some(client), driver, statements: Cache::new(STATEMENTS), orphans: AtomicUsize::new(0) }
    }

    /// Whether nothing can be sent over it any more, or it has become a burden to Postgres.
    pub(super) fn is_spent(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed) || self.orphans.load(Ordering::Relaxed) > STATEMENTS
    }

    /// Succeeds when Postgres has answered all that was sent before.
    pub(super) async fn ping(&self) -> Result<(), sqlx::Error> {
        self.client()?.check_connection().await.map_err(|error| driver_error(&error))
    }

    /// Says good-bye, without waiting long for a peer that may not be there.
    pub(super) async fn close(mut self) {
        drop(self.client.take());
        // If that fails it is closed all the same.
        let _ = timeout(PING_LIMIT, &mut self.driver).await;
    }

    /// Runs a statement. Others may be on their way: they are answered in their order.
    pub(super) async fn run(&self, statement: &Statement) -> Result<Answer, sqlx::Error> {
        let client = self.client()?;
        let values = parameters(statement)?;
        // However it ends, and even if nobody waits for that.
        let _logged = scopeguard::guard(Instant::now(), |begin| log(&statement.sql, begin.elapsed()));
        let mut answer = self.attempt(client, &statement.sql, &values).await;
        if answer.as_ref().is_err_and(|error| self.forgets_outdated(&statement.sql, error)) {
            answer = self.attempt(client, &statement.sql, &values).await;
        }
        answer.map_err(|error| driver_error(&error))
    }

    /// Runs statements in one transaction, [`MOST`](super::group_commit::MOST) at the most, and returns their answers when it is
    /// committed: or nothing if it was taken back, so that none of them has been run.
    ///
    /// # Errors
    ///
    /// If it is not known whether the transaction was committed, or if this session takes no writes.
    pub(super) async fn run_together(&self, statements: &[&Statement]) -> Result<Option<Vec<Answer>>, sqlx::Error> {
        let client = self.client()?;
        let _logged = scopeguard::guard(Instant::now(), |begin| log(BEGIN, begin.elapsed()));
        // What is wrong with one of them, it is told when it is run alone.
        let Ok(values) = statements.iter().copied().map(parameters).collect::<Result<Vec<_>, _>>() else {
            return Ok(None);
        };
        let unprepared: BTreeMap<_, _> = zip(statements, &values)
            .filter(|(statement, _)| self.statements.get(statement.sql.as_str()).is_none())
            .map(|(statement, values)| (&statement.sql, values))
            .collect();
        let prepared = unprepared.into_iter().map(|(sql, values)| self.prepared(client, sql, values));
        if let Err(error) = try_join_all(prepared).await {
            return none_if_refused(driver_error(&error));
        }
        let mut ready = Vec::with_capacity(statements.len());
        for (statement, values) in zip(statements, &values) {
            let prepared = self.prepared(client, &statement.sql, values).await;
            ready.push((prepared.map_err(|error| driver_error(&error))?, values));
        }

        // They are sent in the order in which they are polled: all at once, and answered in turn.
        let begin = client.batch_execute(BEGIN);
        let answers = join_all(ready.iter().map(|(prepared, values)| answer(client, prepared, values)));
        let commit = client.batch_execute("COMMIT");
        let (begin, answers, commit) = join!(biased; begin, answers, commit);

        // Without a transaction around them, each of them may have been run.
        begin.map_err(|error| driver_error(&error))?;
        for (statement, answer) in zip(statements, &answers) {
            if let Err(error) = answer {
                self.forgets_outdated(&statement.sql, error);
            }
        }
        // Having refused a statement, Postgres answers `COMMIT` by taking back all.
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| driver_error(&error));
        match (answers, commit.map_err(|error| driver_error(&error))) {
            (Ok(answers), Ok(())) => Ok(Some(answers)),
            (Err(refusal), Ok(())) if is_read_only(&refusal) => Err(refusal),
            (Err(error), Ok(())) | (_, Err(error)) => none_if_refused(error),
        }
    }

    fn client(&self) -> Result<&Client, io::Error> {
        self.client.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Whether a statement failed because a migration has changed what its table looks like since it was prepared, which is
    /// all that is wrong with it. If so, it is prepared anew the next time.
    fn forgets_outdated(&self, sql: &str, error: &tokio_postgres::Error) -> bool {
        let is_outdated = error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED);
        if is_outdated {
            self.statements.remove(sql);
        }
        is_outdated
    }

    async fn attempt(
        &self,
        client: &Client,
        sql: &str,
        values: &[Parameter<'_>],
    ) -> Result<Answer, tokio_postgres::Error> {
        let prepared = self.prepared(client, sql, values).await?;
        answer(client, &prepared, values).await
    }

    async fn prepared(
        &self,
        client: &Client,
        sql: &str,
        values: &[Parameter<'_>],
    ) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared);
        }
        let types: Vec<Type> = values.iter().map(|value| value.kind.clone()).collect();
        let orphan = scopeguard::guard((), |()| {
            self.orphans.fetch_add(1, Ordering::Relaxed);
        });
        let prepared = client.prepare_typed(sql, &types).await;
        ScopeGuard::into_inner(orphan);
        let prepared = prepared?;
        self.statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

async fn answer(
    client: &Client,
    prepared: &tokio_postgres::Statement,
    values: &[Parameter<'_>],
) -> Result<Answer, tokio_postgres::Error> {
    let rows = client.query_raw(prepared, values.iter().map(Parameter::as_sql)).await?;
    pin_mut!(rows);
    let all = rows.as_mut().try_collect().await?;
    Ok(Answer { rows: all, affected: rows.rows_affected().unwrap_or(0) })
}

fn parameters(statement: &Statement) -> Result<Vec<Parameter<'_>>, sqlx::Error> {
    let values = statement.values.iter().flat_map(Values::iter);
    values.map(Parameter::new).collect::<Result<_, _>>().map_err(sqlx::Error::Encode)
}

/// What has become of a transaction in which this went wrong: nothing, if Postgres has refused it.
fn none_if_refused<T>(error: sqlx::Error) -> Result<Option<T>, sqlx::Error> {
    if leaves_connection_usable(&error) && !is_in_doubt(&error) { Ok(None) } else { Err(error) }
}

/// As sqlx does with its statements: all for debugging, slow ones as a warning. Placeholders stand where values are.
fn log(statement: &str, elapsed: Duration) {
    if elapsed > SLOW {
        warn!(statement, ?elapsed, "slow statement");
    } else {
        debug!(statement, ?elapsed);
    }
}

/// The error as sqlx would tell it, so that errors of both mean the same. By itself it says little: its cause says what there
/// is to be said.
pub(super) fn driver_error(error: &tokio_postgres::Error) -> sqlx::Error {
    if let Some(said) = error.as_db_error() {
        return sqlx::Error::Database(Box::new(Said(said.clone())));
    }
    let text = error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let is_broken = error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>);
    if is_broken { io::Error::other(text).into() } else { sqlx::Error::Protocol(text) }
}

/// A value as the driver takes it, and its type.
struct Parameter<'v> {
    value: Encodable<'v>,
    kind: Type,
}

enum Encodable<'v> {
    AsItIs(&'v (dyn ToSql + Sync)),
    /// Postgres has no numbers without a sign.
    Signed(Option<i64>),
}

impl<'v> Parameter<'v> {
    /// The types are those that sqlx would name. Postgres would find some others by itself.
    fn new(value: &'v Value) -> Result<Self, BoxError> {
        let (value, kind): (&(dyn ToSql + Sync), _) = match value {
            Value::BigInt(value) => (value, Type::INT8),
            Value::BigUnsigned(value) => {
                let value = Encodable::Signed(value.map(i64::try_from).transpose()?);
                return Ok(Self { value, kind: Type::INT8 });
            }
            Value::Bool(value) => (value, Type::BOOL),
            Value::Bytes(value) => (value, Type::BYTEA),
            Value::Int(value) => (value, Type::INT4),
            Value::String(value) => (value, Type::TEXT),
            Value::TimeDateTimeWithTimeZone(value) => (value, Type::TIMESTAMPTZ),
            Value::Uuid(value) => (value, Type::UUID),
            other => return Err(format!("no statement has a value such as {:?}", other.array_type()).into()),
        };
        Ok(Self { value: Encodable::AsItIs(value), kind })
    }

    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match &self.value {
            Encodable::AsItIs(value) => *value,
            Encodable::Signed(value) => value,
        }
    }
}
