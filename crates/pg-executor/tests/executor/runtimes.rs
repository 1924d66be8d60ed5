//! One executor for each runtime, or one shared by several.

use std::{sync::Arc, thread, time::Duration};

use pg_executor::{Executor, Settings};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Barrier,
};

use crate::support::{TestDatabase, get, insert, patient};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs statements on one thread for each executor, each with its own runtime.
fn run_on_threads(executors: &[Executor]) {
    // A connection works only while the runtime on which it was opened is running.
    let all_done = Arc::new(Barrier::new(executors.len()));
    thread::scope(|scope| {
        for (thread, executor) in (0..).zip(executors) {
            let all_done = Arc::clone(&all_done);
            scope.spawn(move || {
                runtime().block_on(async {
                    let mut outcome = Ok(());
                    for round in 0..20 {
                        let id = 100 * thread + round;
                        let (a, b, c) =
                            tokio::join!(executor.run(insert(id, 1)), executor.run(get(id)), executor.run(get(1)));
                        outcome = outcome.and(a.map(drop)).and(b.map(drop)).and(c.map(drop));
                    }
                    all_done.wait().await;
                    outcome.unwrap();
                });
            });
        }
    });
}

#[test]
fn an_executor_that_threads_share_works_and_opens_no_more() {
    let main = runtime();
    let Some(database) = main.block_on(TestDatabase::create()) else { return };
    let executor = database.executor_with(Settings { max_connections: 3, ..patient() });

    run_on_threads(&[(); 4].map(|()| executor.clone()));

    let statistics = executor.statistics();
    assert_eq!(statistics.max_connections, 3);
    assert!(statistics.size <= 3, "{statistics:?}");
    assert_eq!(main.block_on(database.ids()).len(), 80);
}

#[test]
fn executors_of_threads_have_connections_of_their_own() {
    let main = runtime();
    let Some(database) = main.block_on(TestDatabase::create()) else { return };
    let settings = Settings { max_connections: 2, ..patient() };
    let connector = database.connector(settings);
    let executors = [(); 3].map(|()| Executor::new(&connector, &settings));

    run_on_threads(&executors);

    let sum: pg_executor::Statistics = executors.iter().map(Executor::statistics).sum();
    assert_eq!(sum.max_connections, 6);
    assert!(executors.iter().all(|executor| (1..=2).contains(&executor.statistics().size)), "{executors:?}");
    assert_eq!(main.block_on(database.ids()).len(), 60);
}

#[test]
fn an_executor_survives_the_runtime_it_was_first_used_on() {
    let main = runtime();
    let Some(database) = main.block_on(TestDatabase::create()) else { return };
    let settings = Settings { idle_timeout: Duration::from_millis(100), ..patient() };
    let executor = database.executor_with(settings);

    for id in 0..3 {
        runtime().block_on(async { executor.run(insert(id, id)).await.unwrap() });
    }

    assert_eq!(main.block_on(database.ids()).len(), 3);
}
