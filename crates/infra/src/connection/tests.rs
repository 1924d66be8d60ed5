use std::time::Duration;

use domain::{PageLimit, TaskQuery, TaskRepository, testing::alice};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use super::{DatabaseStatistics, TaskConnection};
use crate::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};

async fn databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::sqlite().await), TestDatabase::postgres().await].into_iter().flatten().collect()
}

async fn of_one_connection(database: &TestDatabase) -> Database {
    let settings = DatabaseSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(300),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    Database::connect(&settings).await.unwrap()
}

/// Patient, and with enough connections for some to be for long reads.
async fn of_twenty_connections(database: &TestDatabase) -> Database {
    let settings = DatabaseSettings {
        max_connections: 20,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_mins(1),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    Database::connect(&settings).await.unwrap()
}

/// Waits until the statistics are so: a connection that was just used comes back a moment later.
async fn wait_until(database: &Database, holds: impl Fn(DatabaseStatistics) -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(10), async {
        while !holds(database.statistics()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(patience.await.is_ok(), "{:?}", database.statistics());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_connection_is_counted_and_so_is_who_gives_up() {
    for shared in databases().await {
        let database = of_one_connection(&shared).await;
        let ask = |sql: &'static str| {
            let connection = database.connection.clone();
            tokio::spawn(async move { connection.execute_unprepared(sql).await.is_ok() })
        };
        assert!(ask("SELECT 1").await.unwrap());
        wait_until(&database, |now| (now.max_connections, now.size, now.idle, now.waiting) == (1, 1, 1, 0)).await;

        let lock = shared.connection().begin().await.unwrap();
        lock.execute_unprepared(r#"UPDATE "user" SET name = 'locked'"#).await.unwrap();
        let blocked = ask(r#"UPDATE "user" SET name = 'free'"#);
        wait_until(&database, |now| (now.size, now.idle, now.waiting) == (1, 0, 0)).await;
        let gives_up = ask("SELECT 1");
        let is_abandoned = ask("SELECT 1");
        wait_until(&database, |now| now.waiting == 2).await;

        is_abandoned.abort();
        assert!(!gives_up.await.unwrap());
        wait_until(&database, |now| (now.waiting, now.acquire_timeouts) == (0, 1)).await;
        lock.rollback().await.unwrap();
        assert!(blocked.await.unwrap());
        wait_until(&database, |now| (now.idle, now.waiting) == (1, 0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_leave_connections_to_all_else() {
    let Some(shared) = TestDatabase::postgres().await else { return };
    let database = of_twenty_connections(&shared).await;
    let list = |limit| {
        let (tasks, limit) = (database.tasks(), PageLimit::new(limit).unwrap());
        let query = TaskQuery { limit, ..TaskQuery::default() };
        tokio::spawn(async move { tasks.list(&alice().id, &query).await.is_ok() })
    };
    let lock = shared.connection().begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks").await.unwrap();

    let long = [101; 20].map(list);
    wait_until(&database, |now| now.waiting == 15).await;
    let short = [100; 5].map(list);
    let reading = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LIMIT 101'";
    let all_read = tokio::time::timeout(Duration::from_secs(10), async {
        while database.connection.execute_unprepared(reading).await.unwrap().rows_affected() < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    all_read.await.unwrap();
    wait_until(&database, |now| now.waiting == 15).await;

    lock.rollback().await.unwrap();
    for list in long.into_iter().chain(short) {
        assert!(list.await.unwrap());
    }
    assert_eq!(database.statistics().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_reads_that_share_a_connection_wait_for_as_long_as_it_answers_and_short_ones_do_not() {
    let Some(shared) = TestDatabase::postgres().await else { return };
    let database = of_twenty_connections(&shared).await;
    let slow = || Statement::from_string(DbBackend::Postgres, "SELECT 1 FROM pg_sleep(0.02)");
    let pipelined = || database.statistics().pipelined;
    let until_pipelined = async || {
        let before = pipelined();
        let joined = tokio::time::timeout(Duration::from_secs(20), async {
            while pipelined() == before {
                database.connection.read(slow()).await.unwrap();
            }
        });
        joined.await.unwrap();
        pipelined()
    };

    let before = until_pipelined().await;
    let reads = join_all((0..40).map(|_| database.connection.read_many(slow()))).await;
    let long = pipelined() - before;
    assert!(reads.iter().all(Result::is_ok));

    let before = until_pipelined().await;
    let reads = join_all((0..40).map(|_| database.connection.read(slow()))).await;
    let short = pipelined() - before;
    assert!(reads.iter().all(Result::is_ok));

    assert!(long > 2 * short, "{long} long ones and {short} short ones of 40 each");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_validation_should_have_refused_is_counted() {
    for database in databases().await {
        let connection = database.connection.clone();
        for (statement, is_gap) in [
            ("SELECT 1", false),
            ("SELECT * FROM nothing", false),
            (r#"INSERT INTO "user" (id) VALUES (NULL)"#, false),
            ("CREATE TABLE small (n integer CHECK (n < 3))", false),
            ("INSERT INTO small VALUES (7)", true),
        ] {
            let before = database.statistics().validation_gaps;
            connection.execute_unprepared(statement).await.ok();
            assert_eq!(database.statistics().validation_gaps - before, u64::from(is_gap), "{statement}");
        }
    }
}
