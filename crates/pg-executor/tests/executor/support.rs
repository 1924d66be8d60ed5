//! A database with a small table, and executors on it.

use std::{error::Error as _, ops::Deref, sync::Arc, time::Duration};

use pg_executor::{Answer, Connector, Error, Executor, Settings, Statement, Statistics, tokio_postgres::Config};
use test_servers::PostgresDatabase;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use crate::network::Network;

/// How long a test waits for an expected event. Many tests share the machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A database with the table `t (id bigint PRIMARY KEY, n bigint NOT NULL)`.
pub(crate) struct TestDatabase {
    database: PostgresDatabase,
    /// A connection in addition to the executors' connections.
    pub(crate) direct: Client,
    share_connections: bool,
}

impl Deref for TestDatabase {
    type Target = PostgresDatabase;

    fn deref(&self) -> &PostgresDatabase {
        &self.database
    }
}

impl TestDatabase {
    /// `None` if there is no Postgres server.
    pub(crate) async fn create() -> Option<Self> {
        let database = PostgresDatabase::create().await?;
        let direct = database.connect().await;
        direct.batch_execute("CREATE TABLE t (id bigint PRIMARY KEY, n bigint NOT NULL)").await.unwrap();
        Some(Self { database, direct, share_connections: true })
    }

    /// The same, for executors whose statements do not share connections.
    pub(crate) async fn create_without_sharing() -> Option<Self> {
        Some(Self { share_connections: false, ..Self::create().await? })
    }

    /// An executor with long timeouts.
    pub(crate) fn executor(&self) -> Executor {
        self.executor_with(patient())
    }

    pub(crate) fn executor_with(&self, settings: Settings) -> Executor {
        let settings = Settings { share_connections: self.share_connections, ..settings };
        Executor::new(&self.connector(settings), &settings)
    }

    /// An executor behind this network.
    pub(crate) async fn executor_behind(&self, network: &Arc<Network>, settings: Settings) -> Executor {
        let settings = Settings { share_connections: self.share_connections, ..settings };
        let config = Arc::clone(network).in_front_of(&self.config()).await;
        Executor::new(&Connector::new(limited(config, settings), None), &settings)
    }

    pub(crate) fn connector(&self, settings: Settings) -> Connector {
        Connector::new(limited(self.config(), settings), None)
    }

    /// Runs this PL/pgSQL before each row of `t` is inserted or updated. `nextval('attempts')` counts the rows.
    pub(crate) async fn before_each_change(&self, body: &str) {
        let sql = format!(
            "CREATE SEQUENCE IF NOT EXISTS attempts; \
             CREATE OR REPLACE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN {body} RETURN NEW; END $$; \
             CREATE OR REPLACE TRIGGER interfere BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION interfere()"
        );
        self.direct.batch_execute(&sql).await.unwrap();
    }

    /// Runs this PL/pgSQL at the commit of each inserted or updated row of `t`. `nextval('attempts')` counts the rows.
    pub(crate) async fn at_each_commit(&self, body: &str) {
        let sql = format!(
            "CREATE SEQUENCE IF NOT EXISTS attempts; \
             CREATE OR REPLACE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN {body} RETURN NEW; END $$; \
             DROP TRIGGER IF EXISTS interfere ON t; \
             CREATE CONSTRAINT TRIGGER interfere AFTER INSERT OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION interfere()"
        );
        self.direct.batch_execute(&sql).await.unwrap();
    }

    /// The ids of all rows, in order.
    pub(crate) async fn ids(&self) -> Vec<i64> {
        self.direct.query("SELECT id FROM t ORDER BY id", &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Locks the table until [`unlock`](Self::unlock).
    pub(crate) async fn lock(&self) {
        self.direct.batch_execute("BEGIN; LOCK TABLE t").await.unwrap();
    }

    pub(crate) async fn unlock(&self) {
        self.direct.batch_execute("ROLLBACK").await.unwrap();
    }

    /// The single value that a query returns, as text.
    pub(crate) async fn value(&self, sql: &str) -> String {
        self.direct.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// Sets Postgres' statement timeout.
pub(crate) fn limited(mut config: Config, settings: Settings) -> Config {
    config.application_name("executor");
    config.options(format!("-c statement_timeout={}", settings.statement_timeout.as_millis()));
    config
}

pub(crate) fn patient() -> Settings {
    Settings { acquire_timeout: PATIENCE, statement_timeout: 2 * PATIENCE, ..Settings::default() }
}

pub(crate) fn get(id: i64) -> Statement {
    Statement::read("SELECT id, n FROM t WHERE id = $1", [id.into()])
}

pub(crate) fn insert(id: i64, n: i64) -> Statement {
    Statement::write("INSERT INTO t VALUES ($1, $2) RETURNING n", [id.into(), n.into()])
}

pub(crate) fn update(id: i64, n: i64) -> Statement {
    Statement::write("UPDATE t SET n = $2 WHERE id = $1", [id.into(), n.into()])
}

pub(crate) fn increment(id: i64) -> Statement {
    Statement::write("UPDATE t SET n = n + 1 WHERE id = $1", [id.into()])
}

/// The numbers in one column of the answer.
pub(crate) fn numbers(answer: &Answer, column: usize) -> Vec<i64> {
    answer.rows.iter().map(|row| row.get(column)).collect()
}

/// Repeats a read until it is pipelined.
pub(crate) async fn until_pipelined(executor: &Executor) {
    let before = executor.statistics().pipelined;
    let pipelined = async {
        while executor.statistics().pipelined == before {
            executor.run(get(1)).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, pipelined).await.unwrap();
}

/// Waits until the statistics match.
pub(crate) async fn wait_until(executor: &Executor, holds: impl Fn(Statistics) -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds(executor.statistics()) {
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "{executor:?}");
}

/// Everything that an error shows, including its causes.
pub(crate) fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        shown.extend([" ".to_owned(), error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    shown
}
