//! Finds a pooler between here and Postgres that mixes things up, before it can do so to a request.
//!
//! A pooler by transactions runs each of them on any of its connections to the server. The driver numbers the statements that
//! it prepares on a connection, and then runs them by their number. A pooler that does not see to that may run another
//! client's statement of the same number: the answer is that of a different query, perhaps of another user, and no error.

use std::hash::{BuildHasher, Hasher, RandomState};

use domain::BoxError;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    postgres::{PgDatabaseError, PgSeverity},
};
use tokio::try_join;

use super::driver::in_words;

/// How many statements each of the two connections prepares.
const STATEMENTS: usize = 4;

/// Why a server cannot be used, worded to follow its name.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error(
        "the pooler in between mixes up prepared statements; set max_prepared_statements to 100 or more in \
         PgBouncer 1.21 or later, or pool_mode to session, or connect to Postgres directly"
    )]
    MixesUpStatements,
    #[error(
        "the pooler in between refuses transactions; set pool_mode to transaction or session, \
         or connect to Postgres directly"
    )]
    RefusesTransactions,
    #[error("{0}")]
    Failed(BoxError),
}

/// Succeeds if two connections behave as if they were to Postgres itself: each prepares statements of its own, which have the
/// same numbers as the other's, and gets its own answers.
///
/// First one after the other: a pooler that is idle otherwise gives the second one the connection to the server that the
/// first has just left, where number one is taken. Where others keep the pooler busy, chance decides that; but it decides
/// also where all further statements run, and one that was prepared elsewhere fails or gives a wrong answer.
///
/// Some fifteen round trips. A pooler whose connections to the server are all taken answers none of them.
pub(super) async fn check(first: &mut PgConnection, second: &mut PgConnection) -> Result<(), Unfit> {
    // Another replica may be doing the same: no answer of its statements must be taken for one of ours.
    let mark = RandomState::new().build_hasher().finish();
    let text = |who: char, number: usize| format!("{mark:x} {who} {number}: ");

    let mut transaction = first.begin().await.map_err(|error| {
        let says = |text| error.as_database_error().is_some_and(|said| said.message().contains(text));
        if says("statement pooling mode") { Unfit::RefusesTransactions } else { failed(error) }
    })?;
    ask(&mut transaction, &text('a', 0)).await?;
    transaction.commit().await.map_err(failed)?;
    ask(second, &text('b', 0)).await?;

    // Each twice: prepared, and then again by its number.
    for number in (1..STATEMENTS).chain(0..STATEMENTS) {
        let (a, b) = (text('a', number), text('b', number));
        try_join!(ask(first, &a), ask(second, &b))?;
    }
    Ok(())
}

/// Runs the statement of this text, which is prepared when it runs for the first time.
async fn ask(connection: &mut PgConnection, text: &str) -> Result<(), Unfit> {
    let statement = AssertSqlSafe(format!("SELECT '{text}' || $1"));
    match sqlx::query_scalar::<_, String>(statement).bind("answer").fetch_one(connection).await {
        Ok(answer) if answer == format!("{text}answer") => Ok(()),
        Ok(_of_another_statement) => Err(Unfit::MixesUpStatements),
        Err(error) if is_the_statements(&error) => Err(Unfit::MixesUpStatements),
        Err(error) => Err(failed(error)),
    }
}

/// Whether the statement failed, which it cannot if it is the right one; and not the connection, or the whole server.
fn is_the_statements(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => false,
        sqlx::Error::Database(said) => said.try_downcast_ref::<PgDatabaseError>().is_some_and(|said| {
            said.severity() == PgSeverity::Error
                && !["53", "57", "58"].iter().any(|class| said.code().starts_with(class))
        }),
        _ => true,
    }
}

fn failed(error: sqlx::Error) -> Unfit {
    Unfit::Failed(in_words(error))
}
