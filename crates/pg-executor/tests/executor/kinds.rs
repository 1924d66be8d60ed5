//! Each kind of statement runs on its connections, for any number of connections.

use pg_executor::{Error, Settings, Statement};

use crate::support::{TestDatabase, get, insert, numbers, patient, until_pipelined, update};

shared_or_not! {
    statements_of_each_kind_run_over_few_connections,
    a_closed_executor_runs_nothing,
}

async fn statements_of_each_kind_run_over_few_connections(database: TestDatabase) {
    for max_connections in [0, 1, 2, 3, 8] {
        let executor = database.executor_with(Settings { max_connections, ..patient() });
        let id = i64::try_from(max_connections).unwrap();

        let inserted = executor.run(insert(id, 7)).await.unwrap();
        let updated = executor.run(update(id, 8)).await.unwrap();
        let read = executor.run(get(id)).await.unwrap();
        let many = Statement::read_many("SELECT n FROM t WHERE id = $1", [id.into()]);
        let read_many = executor.run(many).await.unwrap();

        assert_eq!((numbers(&inserted, 0), inserted.affected), (vec![7], 1));
        assert_eq!((updated.rows.len(), updated.affected), (0, 1));
        assert_eq!((numbers(&read, 1), numbers(&read_many, 0)), (vec![8], vec![8]));
        assert_eq!(executor.statistics().max_connections, max_connections.max(1));
        assert!(executor.statistics().size <= max_connections.max(1), "{executor:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_pipelined_from_three_connections_on() {
    let Some(database) = TestDatabase::create().await else { return };
    until_pipelined(&database.executor_with(Settings { max_connections: 3, ..patient() })).await;

    let executor = database.executor_with(Settings { max_connections: 2, ..patient() });
    for _ in 0..50 {
        executor.run(get(1)).await.unwrap();
    }
    assert_eq!(executor.statistics().pipelined, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_opens_connections_on_demand() {
    let Some(database) = TestDatabase::create().await else { return };
    let executor = std::thread::scope(|scope| scope.spawn(|| database.executor()).join().unwrap());

    assert_eq!((executor.statistics().size, executor.statistics().max_connections), (0, 16));
}

async fn a_closed_executor_runs_nothing(database: TestDatabase) {
    let executor = database.executor();
    executor.run(get(1)).await.unwrap();
    executor.run(insert(1, 1)).await.unwrap();

    executor.close().await;

    for statement in [get(1), insert(2, 2)] {
        let outcome = executor.run(statement).await;
        assert!(matches!(outcome, Err(Error::Closed)), "{outcome:?}");
    }
    let outcome = executor.run_batch(vec![insert(2, 2)]).await;
    assert!(matches!(outcome, Err(Error::Closed)), "{outcome:?}");
    let open = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'executor' AND datname = current_database()";
    while database.value(open).await != "0" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn futures_of_statements_are_small_and_can_be_sent() {
    fn size_if_send<F: Future + Send>(future: &F) -> usize {
        size_of_val(future)
    }
    let Some(database) = TestDatabase::create().await else { return };
    let executor = database.executor();

    let size = size_if_send(&executor.run(get(1)));
    let size_of_batch = size_if_send(&executor.run_batch(vec![get(1)]));

    println!("{size} {size_of_batch}");
    assert!(size < 2_500, "{size}");
}
