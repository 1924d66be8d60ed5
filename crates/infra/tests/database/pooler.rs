//! Behind `PgBouncer`, either everything works or connecting fails with the name of the setting to change.

use std::time::{Duration, Instant};

use infra::{
    Database, DatabaseSettings, DatabaseUrl,
    testing::{PgBouncer, Pooler, TestDatabase},
};
use sqlx::{Connection as _, Executor, PgConnection, postgres::PgConnectOptions};

use crate::contract::Ports;

const MIXES_UP: &str = "the pooler in between mixes up prepared statements; set max_prepared_statements to 100 or more in \
    PgBouncer 1.21 or later, or pool_mode to session, or connect to Postgres directly";

const REJECTS_TRANSACTIONS: &str = "the pooler in between rejects transactions; set pool_mode to transaction or session, or \
    connect to Postgres directly";

fn settings(pooler: &Pooler) -> DatabaseSettings {
    let url = DatabaseUrl::parse(pooler.url()).unwrap();
    DatabaseSettings { start_timeout: None, ..DatabaseSettings::new(url) }
}

/// The error, without the name of the database.
async fn failure(settings: &DatabaseSettings) -> String {
    let error = Database::connect(settings).await.unwrap_err().to_string();
    let cause = error.strip_prefix(&format!("cannot connect to {}: ", settings.url));
    cause.unwrap_or(&error).to_owned()
}

/// Connects with a longer time limit than in production.
async fn connect(pooler: &Pooler) -> Database {
    let settings = DatabaseSettings { acquire_timeout: Duration::from_secs(30), ..settings(pooler) };
    Database::connect(&settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_mixes_up_statements_is_rejected() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    for pgbouncer in PgBouncer::all() {
        let off = if pgbouncer.can_keep_statements_apart() { "max_prepared_statements = 0" } else { "" };
        for pool in [
            "default_pool_size = 1",
            "default_pool_size = 2",
            "default_pool_size = 20",
            "server_round_robin = 1",
            "server_reset_query_always = 1",
        ] {
            let pooler = pgbouncer.start(&database, &format!("pool_mode = transaction\n{off}\n{pool}"));
            for _attempt in 0..5 {
                assert_eq!(failure(&settings(&pooler)).await, MIXES_UP, "{pgbouncer:?}, {pool}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_statement_mode_is_rejected() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    for pgbouncer in PgBouncer::all() {
        let on = if pgbouncer.can_keep_statements_apart() { "max_prepared_statements = 200" } else { "" };
        let pooler = pgbouncer.start(&database, &format!("pool_mode = statement\n{on}"));

        assert_eq!(failure(&settings(&pooler)).await, REJECTS_TRANSACTIONS, "{pgbouncer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_the_pooler_refuses_is_not_waited_for() {
    let Some(pgbouncer) = PgBouncer::all().first() else { return };
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    let pooler = pgbouncer.start(&database, "pool_mode = session");
    let mut url = url::Url::parse(pooler.url()).unwrap();
    url.query_pairs_mut().append_pair("options", "-c geqo=off");
    let url = DatabaseUrl::parse(url.as_str()).unwrap();
    let settings = DatabaseSettings { start_timeout: Some(Duration::from_mins(1)), ..DatabaseSettings::new(url) };
    let begin = Instant::now();

    let line = failure(&settings).await;

    assert!(line.contains("unsupported startup parameter") && begin.elapsed() < Duration::from_secs(20), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_without_a_free_connection_is_reported_soon() {
    let Some(pgbouncer) = PgBouncer::all().first() else { return };
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    let pooler = pgbouncer.start(&database, "pool_mode = transaction\ndefault_pool_size = 1");
    let options: PgConnectOptions = pooler.url().parse().unwrap();
    let mut other = PgConnection::connect_with(&options.extra_float_digits(None)).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    let begin = Instant::now();

    let line = failure(&settings(&pooler)).await;

    assert_eq!(line, "connected, but a statement was not answered");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

/// A database behind a pooler, with the whole schema and users.
struct Pooled {
    database: Database,
    // Dropped in this order: the pooler disconnects from the database before that is dropped.
    pooler: Pooler,
    direct: TestDatabase,
}

impl Pooled {
    async fn by_sessions() -> Option<Self> {
        Self::by(PgBouncer::all().first()?, "pool_mode = session").await
    }

    async fn by_transactions() -> Option<Self> {
        let settings = "pool_mode = transaction\nmax_prepared_statements = 200\ndefault_pool_size = 3";
        Self::by(PgBouncer::that_keeps_statements_apart()?, settings).await
    }

    async fn by(pgbouncer: &PgBouncer, settings: &str) -> Option<Self> {
        let direct = TestDatabase::postgres().await?;
        let pooler = pgbouncer.start(&direct, settings);
        Some(Self { database: connect(&pooler).await, pooler, direct })
    }
}

/// Makes the tests of everything that works behind a pooler, for each of its modes.
macro_rules! everything_works {
    ($($pooling:ident)*) => {
        $(
            mod $pooling {
                use super::{Pooled, Ports};
                use crate::contract::by_seaorm;

                async fn fresh() -> Option<Box<Ports<Pooled>>> {
                    let pooled = Pooled::$pooling().await?;
                    Some(Box::new(Ports::new(&pooled.database.clone(), pooled)))
                }

                domain::task_repository_contract!(fresh);

                mod by_seaorm {
                    use super::{Pooled, Ports, by_seaorm};

                    async fn fresh() -> Option<Box<Ports<Pooled>>> {
                        let pooled = Pooled::$pooling().await?;
                        Some(Box::new(Ports::new(&by_seaorm(pooled.pooler.url()).await, pooled)))
                    }

                    domain::task_repository_contract!(fresh);
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn replicas_may_migrate_at_once() {
                    if let Some(database) = Pooled::$pooling().await {
                        super::replicas_may_migrate_at_once(database).await;
                    }
                }

                #[tokio::test]
                async fn writes_are_committed_together() {
                    if let Some(pooled) = Pooled::$pooling().await {
                        crate::group_commit::each_write_gets_its_own_answer(&pooled.database).await;
                        crate::group_commit::a_failing_write_fails_alone(&pooled.database).await;
                    }
                }
            }
        )*
    };
}

everything_works! { by_sessions by_transactions }

/// Tables in a schema of their own, behind a pooler that gives each transaction another connection.
mod in_a_schema {
    use infra::{
        ExecutorKind,
        testing::{PgBouncer, Pooler, TestDatabase},
    };

    use crate::{
        contract::{Ids, Ports},
        layouts::migrated,
    };

    // The pooler disconnects from the database before that is dropped.
    type Pooled = Ports<(Pooler, TestDatabase)>;

    async fn by(executor: ExecutorKind) -> Option<Box<Pooled>> {
        let direct = TestDatabase::empty_postgres().await?;
        let settings = "pool_mode = transaction\nmax_prepared_statements = 200\ndefault_pool_size = 3";
        let pooler = PgBouncer::that_keeps_statements_apart()?.start(&direct, settings);
        let database = migrated(&direct, pooler.url(), Ids::Uuid, Some("own"), executor).await;
        let ports = Ports::with_ids(&database, Ids::Uuid, (pooler, direct));
        ports.with_users().await;
        Some(Box::new(ports))
    }

    async fn by_executor() -> Option<Box<Pooled>> {
        by(ExecutorKind::Pipelined).await
    }

    domain::task_repository_contract!(by_executor);

    mod by_seaorm {
        use super::{ExecutorKind, Pooled, by};

        async fn fresh() -> Option<Box<Pooled>> {
            by(ExecutorKind::SeaOrm).await
        }

        domain::task_repository_contract!(fresh);
    }
}

async fn replicas_may_migrate_at_once(Pooled { database, pooler, direct }: Pooled) {
    let replica = || async {
        let replica = connect(&pooler).await;
        let applied = replica.migrate_up().await.unwrap();
        replica.check_schema().await.unwrap();
        applied.len()
    };
    let steps = u32::try_from(database.migration_status().await.unwrap().len()).unwrap();
    assert_eq!(database.migrate_down(steps).await.unwrap().len(), steps as usize);

    let (a, b, c, d) = tokio::join!(replica(), replica(), replica(), replica());

    assert_eq!(a + b + c + d, steps as usize, "each step is taken once");
    direct.check_schema().await.unwrap();
}
