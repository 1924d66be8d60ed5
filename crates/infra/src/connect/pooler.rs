//! Detects a pooler in front of Postgres that mixes up prepared statements, before any request is served.
//!
//! In transaction mode, a pooler may run each transaction on a different server connection. The driver numbers the statements
//! that it prepares on a connection and runs them by number. Unless the pooler tracks these numbers, it may run another
//! client's statement with the same number. The result is then the answer to a different query, perhaps another user's, without
//! an error.

use std::hash::{BuildHasher, Hasher, RandomState};

use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    postgres::{PgDatabaseError, PgSeverity},
};
use tokio::try_join;

use super::failure::Failure;

/// How many statements each of the two connections prepares.
const STATEMENTS: usize = 4;

/// Why a server cannot be used. The text follows the server's name in a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error(
        "the pooler in between mixes up prepared statements; set max_prepared_statements to 100 or more in \
         PgBouncer 1.21 or later, or pool_mode to session, or connect to Postgres directly"
    )]
    MixesUpStatements,
    #[error(
        "the pooler in between rejects transactions; set pool_mode to transaction or session, \
         or connect to Postgres directly"
    )]
    RejectsTransactions,
    #[error("{0}")]
    Failed(Failure),
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Failed(failure) => failure,
            unfit => Self::lasting(unfit),
        }
    }
}

/// Succeeds if two connections behave like direct connections to Postgres: each prepares its own statements, with the same
/// numbers as the other, and gets its own answers.
///
/// At first the two take turns. An idle pooler gives the second client the server connection that the first client has just
/// released, where number one is in use. On a busy pooler that is random, but so is the server connection for each further
/// statement, and a statement that was prepared on another one fails or gives a wrong answer.
///
/// The check takes about fifteen round trips. A pooler without a free server connection answers none of them.
pub(super) async fn check(first: &mut PgConnection, second: &mut PgConnection) -> Result<(), Unfit> {
    // Another replica may run the same check at the same time. Its answers must differ from ours.
    let mark = RandomState::new().build_hasher().finish();
    let text = |who: char, number: usize| format!("{mark:x} {who} {number}: ");

    let mut transaction = first.begin().await.map_err(|error| {
        let says = |text| error.as_database_error().is_some_and(|reported| reported.message().contains(text));
        if says("statement pooling mode") { Unfit::RejectsTransactions } else { failed(error) }
    })?;
    ask(&mut transaction, &text('a', 0)).await?;
    transaction.commit().await.map_err(failed)?;
    ask(second, &text('b', 0)).await?;

    // Each statement twice: prepared, and then run by its number.
    for number in (1..STATEMENTS).chain(0..STATEMENTS) {
        let (a, b) = (text('a', number), text('b', number));
        try_join!(ask(first, &a), ask(second, &b))?;
    }
    Ok(())
}

/// Runs a statement with this text. The first run prepares it.
async fn ask(connection: &mut PgConnection, text: &str) -> Result<(), Unfit> {
    let statement = AssertSqlSafe(format!("SELECT '{text}' || $1"));
    match sqlx::query_scalar::<_, String>(statement).bind("answer").fetch_one(connection).await {
        Ok(answer) if answer == format!("{text}answer") => Ok(()),
        Ok(_of_another_statement) => Err(Unfit::MixesUpStatements),
        Err(error) if is_of_statement(&error) => Err(Unfit::MixesUpStatements),
        Err(error) => Err(failed(error)),
    }
}

/// Whether the statement itself failed, rather than the connection or the server. The correct statement cannot fail.
fn is_of_statement(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => false,
        sqlx::Error::Database(reported) => reported.try_downcast_ref::<PgDatabaseError>().is_some_and(|reported| {
            reported.severity() == PgSeverity::Error
                && !["53", "57", "58"].iter().any(|class| reported.code().starts_with(class))
        }),
        _ => true,
    }
}

fn failed(error: sqlx::Error) -> Unfit {
    Unfit::Failed(error.into())
}
