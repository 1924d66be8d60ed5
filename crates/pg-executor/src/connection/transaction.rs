//! Several statements in one transaction, sent at once.

use std::{
    borrow::Borrow,
    collections::BTreeMap,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::{maybe_done, try_join_all};
use tokio::join;

use super::PgConnection;
use crate::{Answer, Error, Statement};

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Statements that belong together. They wait for locks like a single statement.
    Batch,
    /// Independent statements. If one of them has to wait for a lock, the transaction soon fails, so that the others do not
    /// wait too.
    Group,
}

impl Begin {
    fn sql(self) -> &'static str {
        match self {
            Self::Batch => "BEGIN",
            Self::Group => "BEGIN; SET LOCAL lock_timeout = '20ms'",
        }
    }
}

impl PgConnection {
    /// Runs all statements in order, or none, and returns their answers when the transaction is committed.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the error of the first refused statement or of the commit, if the transaction was rolled back.
    pub(crate) async fn run_transaction<S>(&self, begin: Begin, statements: &[S]) -> Result<Vec<Answer>, Error>
    where
        S: Borrow<Statement> + Sync,
    {
        let first = statements.first().map_or("", |statement| &*statement.borrow().sql);
        let _logged = self.logged(first, statements.len());
        let mut answers = self.attempt_transaction(begin, statements).await;
        if answers.as_ref().is_err_and(Error::is_outdated_plan) {
            for statement in statements {
                self.statements.forget(&statement.borrow().sql);
            }
            answers = self.attempt_transaction(begin, statements).await;
        }
        answers
    }

    async fn attempt_transaction<S>(&self, begin: Begin, statements: &[S]) -> Result<Vec<Answer>, Error>
    where
        S: Borrow<Statement> + Sync,
    {
        // Prepare each text once. A statement that cannot be prepared fails before the transaction begins.
        let unprepared: BTreeMap<_, _> = statements
            .iter()
            .map(Borrow::borrow)
            .filter(|statement| self.statements.get(statement).is_none())
            .map(|statement| (&statement.sql, statement))
            .collect();
        let prepared = unprepared.into_values().map(|statement| self.statements.prepare(&self.client, statement));
        try_join_all(prepared).await?;
        let mut ready = Vec::with_capacity(statements.len());
        for statement in statements.iter().map(Borrow::borrow) {
            ready.push((self.statements.prepare(&self.client, statement).await?, statement));
        }

        // A statement is sent when its future is first polled.
        let begin = self.client.batch_execute(begin.sql());
        let answers = join_in_order(ready.iter().map(|(prepared, statement)| self.answer(prepared, statement)));
        let commit = self.client.batch_execute("COMMIT");
        let (begin, answers, commit) = join!(biased; begin, answers, commit);

        // Without a transaction, each of the statements may have been executed.
        begin.map_err(|error| Error::of_statement(error).into_unknown_outcome())?;
        // After a refused statement, Postgres rolls back on `COMMIT`.
        if let Err(error) = commit {
            // Postgres reports the error before it releases the locks of the transaction. A further attempt must not find them.
            let _ = self.ping().await;
            return Err(Error::of_commit(error));
        }
        let numbered = answers.into_iter().enumerate();
        numbered.map(|(position, answer)| answer.map_err(|error| error.at(position))).collect()
    }
}

/// Polls all futures in order, every time. `join_all` does not guarantee an order.
async fn join_in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context: &mut Context<'_>| {
        let pending =
            all.iter_mut().filter_map(|future| future.as_mut().poll(context).is_pending().then_some(())).count();
        if pending == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    all.iter_mut().filter_map(|future| Pin::as_mut(future).take_output()).collect()
}
