//! Peers that vanish silently, or are far away, do not block connections for good.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use pg_executor::{Connector, Error, Executor, Settings, Statement};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    network::Network,
    support::{TestDatabase, get, insert, limited, patient, until_pipelined},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_vanished_peers_recovers_soon() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::default();
    let settings = Settings { max_connections: 2, ..Settings::default() };
    let executor = database.executor_behind(&network, settings).await;
    let (a, b) = tokio::join!(executor.run(get(1)), executor.run(get(1)));
    a.and(b).unwrap();

    network.is_broken.store(true, Ordering::SeqCst);
    let request = || timeout(Duration::from_millis(200), executor.run(get(1)));
    let (a, b) = tokio::join!(request(), request());
    assert!(a.is_err() && b.is_err(), "both statements time out");

    executor.run(get(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_pinged_when_another_fell_silent() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::default();
    let executor = database.executor_behind(&network, Settings { max_connections: 2, ..patient() }).await;
    let (a, b) = tokio::join!(executor.run(get(1)), executor.run(get(1)));
    a.and(b).unwrap();

    network.is_broken.store(true, Ordering::SeqCst);
    let silent = executor.clone();
    let silent = tokio::spawn(async move { silent.run(get(1)).await });
    sleep(Duration::from_millis(500)).await;

    timeout(Duration::from_secs(20), executor.run(get(1))).await.unwrap().unwrap();
    silent.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_given_up_when_the_server_does_not_answer() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::default();
    let statement_timeout = Duration::from_millis(300);
    let settings = Settings { max_connections: 1, statement_timeout, ..patient() };
    let executor = database.executor_behind(&network, settings).await;
    executor.run(get(1)).await.unwrap();

    network.is_broken.store(true, Ordering::SeqCst);
    let outcome = timeout(Duration::from_secs(5), executor.run(insert(1, 1))).await.unwrap();

    assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
    executor.run(insert(2, 2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_connection_found_by_one_executor_warns_the_others() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::new(Network::default());
    let settings = Settings { max_connections: 1, statement_timeout: Duration::from_millis(100), ..patient() };
    let config = limited(Arc::clone(&network).in_front_of(&database.config()).await, settings);
    let connector = Connector::new(config, None);
    let executors = [(); 2].map(|()| Executor::new(&connector, &settings));
    for executor in &executors {
        executor.run(get(1)).await.unwrap();
    }

    network.is_broken.store(true, Ordering::SeqCst);
    executors[0].run(get(1)).await.unwrap_err();

    executors[1].run(get(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_connections_are_not_tried_one_by_one() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::default();
    let settings = Settings { max_connections: 12, statement_timeout: Duration::from_millis(300), ..patient() };
    let executor = database.executor_behind(&network, settings).await;
    // Each batch is as large as a group, so that it takes its own connection.
    let batch = || executor.run_batch(vec![Statement::read("SELECT 1 FROM pg_sleep(0.005)", []); 30]);
    let eight = join_all((0..8).map(|_| batch())).await;
    assert!(eight.iter().all(Result::is_ok) && executor.statistics().size == 8, "{executor:?}");

    network.is_broken.store(true, Ordering::SeqCst);
    batch().await.unwrap_err();
    let begin = Instant::now();
    batch().await.unwrap();

    // Pinging each of the others would have taken 7 times 300 ms.
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_slower_to_reach_than_the_timeout_is_reached() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::new(Network { distance: Duration::from_millis(200), ..Network::default() });
    let acquire_timeout = Duration::from_millis(150);
    let settings = Settings { max_connections: 1, acquire_timeout, ..Settings::default() };
    let executor = database.executor_behind(&network, settings).await;

    let outcome = executor.run(get(1)).await;
    assert!(matches!(outcome, Err(Error::NoConnection(_))), "{outcome:?}");
    let reached = async { while executor.run(get(1)).await.is_err() {} };

    timeout(Duration::from_secs(30), reached).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_with_a_vanished_peer_delays_reads_briefly() {
    let Some(database) = TestDatabase::create().await else { return };
    let network = Arc::default();
    let executor = database.executor_behind(&network, Settings { max_connections: 4, ..Settings::default() }).await;
    until_pipelined(&executor).await;

    network.is_broken.store(true, Ordering::SeqCst);
    // Both the pipeline and the other connection are lost. The first read to find out may fail.
    let reads = async { while executor.run(get(1)).await.is_err() {} };

    timeout(Duration::from_secs(10), reads).await.unwrap();
    until_pipelined(&executor).await;
}
