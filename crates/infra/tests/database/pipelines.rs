//! Reads share a connection, and it makes no difference but in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Clock, CreateOptions, IdSource, NewTask, OwnerId, Precondition, RepositoryError, SessionStore, TaskChanges, TaskId,
    TaskQuery, TaskRepository, Title,
    testing::{FixedClock, SequentialIds, alice, bob},
};
use futures_util::future::join_all;
use infra::{
    Connection, Database, DatabaseSettings, DatabaseUrl, SeaOrmSessions, SeaOrmTasks, TaskConnection,
    testing::TestDatabase,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::time::{sleep, timeout};

use crate::{connect::value, sessions::with_sessions, vanished_peers::network};

/// Patient where a test is not about patience: many share the machine.
fn settings(url: &str) -> DatabaseSettings {
    let acquire_timeout = Duration::from_secs(30);
    DatabaseSettings { acquire_timeout, ..DatabaseSettings::new(DatabaseUrl::parse(url).unwrap()) }
}

async fn create(tasks: &SeaOrmTasks<Connection>, owner: &OwnerId, id: TaskId) {
    let title = Title::try_from(owner.as_str()).unwrap();
    let new = NewTask { title, description: None, completed: false };
    tasks.create(owner, id, &new, &CreateOptions::default(), FixedClock::default().now()).await.unwrap();
}

/// Reads until reads share a connection.
async fn until_pipelined(database: &Database) {
    let before = database.statistics().pipelined;
    let opened = async {
        while database.statistics().pipelined == before {
            database.tasks().list(&alice().id, &TaskQuery::default()).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(20), opened).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_come_at_once_share_a_connection_and_each_gets_its_own_answer() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (tasks, now, ids) = (database.tasks(), FixedClock::default().now(), SequentialIds::default());
    let owned: Vec<_> =
        [alice().id, bob().id].into_iter().cycle().take(40).map(|owner| (owner, ids.next(now))).collect();
    for (owner, id) in &owned {
        create(&tasks, owner, *id).await;
    }
    until_pipelined(&database).await;
    let before = database.statistics().pipelined;

    for round in 0..20_u64 {
        let reads = owned.iter().enumerate().map(|(number, (owner, id))| {
            let tasks = &tasks;
            async move {
                // Some are not waited for, in the middle of it: their answers come all the same, and are nobody's.
                let hangs_up = (number as u64 + round).is_multiple_of(5);
                let patience = if hangs_up { Duration::from_micros(50 * round) } else { Duration::from_secs(30) };
                let found = timeout(patience, tasks.get(owner, *id)).await;
                if let Ok(found) = found {
                    let task = found.unwrap().unwrap();
                    assert_eq!((&task.owner, task.id, task.title.as_str()), (owner, *id, owner.as_str()));
                }
                let listed = timeout(patience, tasks.list(owner, &TaskQuery::default())).await;
                if let Ok(listed) = listed {
                    let listed = listed.unwrap().items;
                    assert_eq!((listed.len(), listed.iter().all(|task| task.owner == *owner)), (20, true));
                }
            }
        });
        join_all(reads).await;
    }

    let shared = database.statistics().pipelined - before;
    assert!(shared > 200, "only {shared} of some 1,500");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_whose_peer_vanished_holds_up_no_read_for_long() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let broken = Arc::new(AtomicBool::new(false));
    let url = network(database.url(), Duration::ZERO, broken.clone()).await;
    let through_it = DatabaseSettings { max_connections: 4, ..DatabaseSettings::new(url) };
    let through_it = Database::connect(&through_it).await.unwrap();
    until_pipelined(&through_it).await;

    broken.store(true, Ordering::SeqCst);
    // Both the pipeline and the connection beside it are lost. The first to find that out pays for it.
    let reads = async { while through_it.tasks().list(&alice().id, &TaskQuery::default()).await.is_err() {} };

    timeout(Duration::from_secs(10), reads).await.unwrap();
    until_pipelined(&through_it).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_postgres_ends_is_replaced_and_no_read_fails() {
    let Some(database) = TestDatabase::postgres().await else { return };
    // The connection beside the pipeline is closed when nobody uses it, so that only the pipeline is there to be ended.
    let idle_timeout = Duration::from_millis(40);
    let limited = Database::connect(&DatabaseSettings { idle_timeout, ..settings(database.url()) }).await.unwrap();
    let ended = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT%tasks%LIMIT%'";

    for _again in 0..3 {
        until_pipelined(&limited).await;
        for _ in 0..100 {
            limited.tasks().list(&alice().id, &TaskQuery::default()).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        assert_ne!(value(database.connection(), ended).await, "0");
        limited.tasks().list(&alice().id, &TaskQuery::default()).await.unwrap();
    }
    until_pipelined(&limited).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_statement_has_changed_under_it_is_done_anew() {
    let Some(database) = TestDatabase::postgres().await else { return };
    until_pipelined(&database).await;

    // What was prepared has become invalid: "cached plan must not change result type".
    database.connection().execute_unprepared("ALTER TABLE tasks ALTER title TYPE varchar(600)").await.unwrap();

    until_pipelined(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_looked_up_where_reads_share_whichever_way_their_time_is_kept() {
    let Some(database) = TestDatabase::postgres().await else { return };
    until_pipelined(&database).await;
    for time in ["timestamptz", "timestamp"] {
        database.connection().execute_unprepared("DROP TABLE IF EXISTS session").await.unwrap();
        with_sessions(&database, time, &[("t", "bob")]).await;
        let before = database.statistics().pipelined;
        let looked_up = async {
            while database.statistics().pipelined == before {
                let session = database.sessions().session("t").await.unwrap().unwrap();
                let found = (session.owner.as_str(), session.expires_at.to_string());
                assert_eq!(found, ("bob", "2026-11-22T00:33:45.737Z".to_owned()));
            }
        };
        timeout(Duration::from_secs(20), looked_up).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_open_by_a_database_that_is_closed() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let settings = settings(&format!("{}{}application_name=closed", database.url(), separator(database.url())));
    let closed = Database::connect(&settings).await.unwrap();
    until_pipelined(&closed).await;

    closed.close().await;

    assert!(closed.tasks().list(&alice().id, &TaskQuery::default()).await.is_err());
    let left = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'closed' \
                AND datname = current_database()";
    let gone = async {
        while value(database.connection(), left).await != "0" {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), gone).await.unwrap();
}

fn separator(url: &str) -> char {
    if url.contains('?') { '&' } else { '?' }
}

/// A connection that answers every statement as if somebody else had asked.
#[derive(Debug)]
struct MixedUp<'c>(&'c DatabaseConnection);

#[async_trait]
impl ConnectionTrait for MixedUp<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, mut statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
            if *value == alice().id.as_str().into() {
                *value = bob().id.as_str().into();
            }
        }
        self.0.query_all_raw(statement).await
    }
}

impl TaskConnection for MixedUp<'_> {
    fn sqlite(&self) -> Option<&DatabaseConnection> {
        None
    }
}

on_both_databases! {
    nobody_sees_rows_of_another_owner_even_if_answers_are_mixed_up,
    nobody_has_the_session_of_another_even_if_answers_are_mixed_up,
}

async fn nobody_sees_rows_of_another_owner_even_if_answers_are_mixed_up(database: TestDatabase) {
    let id = SequentialIds::default().next(FixedClock::default().now());
    create(&database.tasks(), &bob().id, id).await;
    let tasks = SeaOrmTasks::new(MixedUp(database.connection()));

    let got = tasks.get(&alice().id, id).await;
    let listed = tasks.list(&alice().id, &TaskQuery::default()).await;
    let none = TaskChanges::default();
    let updated = tasks.update(&alice().id, id, &none, &Precondition::None, FixedClock::default().now()).await;

    assert!(matches!(updated, Err(RepositoryError::Failed(_))), "{updated:?}");
    assert!(matches!(got, Err(RepositoryError::Failed(_))), "{got:?}");
    assert!(matches!(listed, Err(RepositoryError::Failed(_))), "{listed:?}");
}

async fn nobody_has_the_session_of_another_even_if_answers_are_mixed_up(database: TestDatabase) {
    let (token, others) = (alice().id, bob().id);
    with_sessions(&database, "timestamptz", &[(token.as_str(), "alice"), (others.as_str(), "bob")]).await;

    let found = SeaOrmSessions::new(MixedUp(database.connection())).session(token.as_str()).await;

    let is_refused =
        matches!(&found, Err(RepositoryError::Failed(cause)) if cause.to_string().contains("another session"));
    assert!(is_refused, "{found:?}");
}
