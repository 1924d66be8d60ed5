//! A batch is one transaction in one round trip, all or nothing.

use std::{sync::Arc, time::Duration};

use pg_executor::{Error, Settings, Statement, tokio_postgres::error::SqlState};
use tokio::time::{Instant, sleep};

use crate::{
    network::Network,
    support::{TestDatabase, insert, numbers, patient, update},
};

shared_or_not! {
    a_batch_runs_in_order_and_answers_in_order,
    a_batch_with_a_refused_statement_changes_nothing,
    a_batch_with_too_few_parameters_changes_nothing,
    a_batch_that_cannot_be_committed_changes_nothing,
    a_batch_that_loses_a_race_is_retried_as_a_whole,
    a_batch_of_outdated_plans_is_prepared_again,
    a_batch_waits_for_a_lock,
    a_batch_takes_one_round_trip,
    an_empty_batch_needs_no_connection,
}

async fn a_batch_runs_in_order_and_answers_in_order(database: TestDatabase) {
    let executor = database.executor();
    // More than any library polls at once.
    let mut statements = vec![insert(1, 1)];
    statements.extend((0..200).map(|step| {
        Statement::write("UPDATE t SET n = (n * 2 + $1) % 1000003 WHERE id = 1 RETURNING n", [i64::from(step).into()])
    }));
    statements.push(Statement::read("SELECT count(*), max(n) FROM t", []));

    let answers = executor.run_batch(statements).await.unwrap();

    let mut expected = 1;
    assert_eq!(numbers(&answers[0], 0), [expected]);
    for (step, answer) in answers[1..201].iter().enumerate() {
        expected = (expected * 2 + i64::try_from(step).unwrap()) % 1_000_003;
        assert_eq!(numbers(answer, 0), [expected]);
    }
    assert_eq!((numbers(&answers[201], 0), numbers(&answers[201], 1)), (vec![1], vec![expected]));
    assert_eq!(database.value("SELECT count(DISTINCT xmin::text)::text FROM t").await, "1");
}

async fn a_batch_with_a_refused_statement_changes_nothing(database: TestDatabase) {
    let executor = database.executor();
    executor.run(insert(2, 2)).await.unwrap();

    let outcome = executor.run_batch(vec![insert(1, 1), insert(2, 2), insert(3, 3)]).await;

    // The cause, not the aborted transaction that follows from it.
    assert_eq!(outcome.unwrap_err().code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert_eq!(database.ids().await, [2]);
    assert_eq!(executor.statistics().ungrouped, 0);
}

async fn a_batch_with_too_few_parameters_changes_nothing(database: TestDatabase) {
    let executor = database.executor_with(Settings { max_connections: 1, ..patient() });
    let pid = async || numbers(&executor.run(Statement::read("SELECT pg_backend_pid()::int8", [])).await.unwrap(), 0);
    let before = pid().await;

    let broken = Statement::write("INSERT INTO t VALUES ($1, $2)", [5_i64.into()]);
    let outcome = executor.run_batch(vec![insert(1, 1), broken]).await;

    assert!(matches!(outcome, Err(Error::ParameterCount { placeholders: 2, parameters: 1 })), "{outcome:?}");
    assert!(database.ids().await.is_empty());
    assert_eq!(pid().await, before, "the connection is not to blame");
}

async fn a_batch_that_cannot_be_committed_changes_nothing(database: TestDatabase) {
    let executor = database.executor();
    let deferred = "ALTER TABLE t ADD CONSTRAINT n_key UNIQUE (n) DEFERRABLE INITIALLY DEFERRED";
    database.direct.batch_execute(deferred).await.unwrap();

    let outcome = executor.run_batch(vec![insert(1, 7), insert(2, 7)]).await;
    assert_eq!(outcome.unwrap_err().code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert!(database.ids().await.is_empty());

    executor.run_batch(vec![insert(1, 7), insert(2, 7), update(2, 8)]).await.unwrap();
    assert_eq!(database.ids().await, [1, 2]);
}

async fn a_batch_that_loses_a_race_is_retried_as_a_whole(database: TestDatabase) {
    let executor = database.executor();
    database.before_each_change("IF nextval('attempts') = 2 THEN RAISE deadlock_detected; END IF;").await;

    executor.run_batch(vec![insert(1, 1), insert(2, 2)]).await.unwrap();

    assert_eq!((database.ids().await, executor.statistics().retries), (vec![1, 2], 1));
}

async fn a_batch_of_outdated_plans_is_prepared_again(database: TestDatabase) {
    let executor = database.executor();
    let reads = || vec![Statement::read("SELECT * FROM t", []), Statement::read("SELECT n, * FROM t", [])];
    executor.run_batch(reads()).await.unwrap();

    database.direct.batch_execute("ALTER TABLE t ALTER n TYPE int").await.unwrap();

    assert_eq!(executor.run_batch(reads()).await.unwrap().len(), 2);
}

async fn a_batch_waits_for_a_lock(database: TestDatabase) {
    let executor = database.executor_with(Settings { max_connections: 1, ..patient() });
    // Already prepared, so that only the transaction has to wait.
    executor.run(insert(0, 0)).await.unwrap();
    database.lock().await;
    let blocked = executor.clone();
    let blocked = tokio::spawn(async move { blocked.run_batch(vec![insert(1, 1), insert(2, 2)]).await });

    sleep(Duration::from_millis(300)).await;
    assert!(!blocked.is_finished());
    database.unlock().await;

    assert_eq!(blocked.await.unwrap().unwrap().len(), 2);
}

async fn a_batch_takes_one_round_trip(database: TestDatabase) {
    const TRIP: Duration = Duration::from_millis(500);

    let network = Network { trip: TRIP, ..Network::default() };
    let executor = database.executor_behind(&Arc::new(network), patient()).await;
    let batch = || executor.run_batch((0..20).map(|id| update(id, id)).collect());
    batch().await.unwrap();

    let begin = Instant::now();
    batch().await.unwrap();

    // Each further round trip would take the same time again.
    assert!((TRIP..2 * TRIP).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

async fn an_empty_batch_needs_no_connection(database: TestDatabase) {
    let executor = database.executor();

    assert!(executor.run_batch(Vec::new()).await.unwrap().is_empty());

    assert_eq!(executor.statistics().size, 0);
}
