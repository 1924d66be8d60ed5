//! Another session holds a lock, or all connections of the pool wait for one.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor};
use tokio::time::sleep;

use crate::{
    Fault, POSTGRES, SQLITE,
    context::Context,
    database::{self, sqlite_url},
    faults::liveness,
    load::{Load, Plan},
    postgres::Postgres,
    promises::{Failure, GRACE, Measured, RECOVERS},
    service::Service,
    settings::Settings,
};

/// How long requests wait for a connection in the check of the exhausted pool.
const ACQUIRE: Duration = Duration::from_millis(500);

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "table-locked",
            story: "another session locks the table of tasks for longer than the statement timeout",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(table_locked(context)),
        },
        Fault {
            name: "pool-exhausted",
            story: "the pool has two connections, and both wait for a lock",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(pool_exhausted(context)),
        },
        Fault {
            name: "file-locked",
            story: "another process locks the SQLite file for longer than the statement timeout",
            on: SQLITE,
            promises: RECOVERS,
            check: |context, _| Box::pin(file_locked(context)),
        },
    ]
}

/// Locks the table of tasks against reads and writes for this time. Returns when it ended.
async fn lock_table(server: &Postgres, span: Duration) -> anyhow::Result<Instant> {
    let mut other = server.admin().await?;
    other.execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await?;
    sleep(span).await;
    other.execute("ROLLBACK").await?;
    Ok(Instant::now())
}

async fn table_locked(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let service = Service::start(context, &Settings::production(&server.url())).await?;
    let load = Load::start(context, service.address, "locked", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    let (over, alive) = tokio::join!(lock_table(&server, Duration::from_secs(3)), liveness(service.address));
    let over = over?;
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.finish(Some(over), context, service.address).await?;
    measured.add(alive);
    Ok(measured)
}

async fn pool_exhausted(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let settings = Settings::production(&server.url())
        .with("DATABASE_MAX_CONNECTIONS", "2")
        .with("DATABASE_ACQUIRE_TIMEOUT", &format!("{}ms", ACQUIRE.as_millis()));
    let service = Service::start(context, &settings).await?;
    let load = Load::start(context, service.address, "exhausted", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    let begin = Instant::now();
    // Shorter than the statement timeout, so that the two statements keep their connections until the end.
    let (over, alive) = tokio::join!(lock_table(&server, Duration::from_millis(1300)), liveness(service.address));
    let over = over?;
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.finish(Some(over), context, service.address).await?;
    let during = history.records.iter().filter(|record| record.start > begin && record.end < over);
    let rejected: Vec<Duration> = during
        .filter(|record| record.outcome == Err(Failure::Unavailable))
        .map(|record| record.end - record.start)
        .collect();
    measured.must(!rejected.is_empty(), "some requests fail for want of a connection", &rejected);
    let in_time = rejected.iter().all(|waited| *waited <= ACQUIRE + GRACE);
    measured.must(in_time, "they fail after DATABASE_ACQUIRE_TIMEOUT", &rejected);
    measured.add(alive);
    Ok(measured)
}

async fn file_locked(context: &Context) -> anyhow::Result<Measured> {
    let file = context.directory("sqlite")?.join("tasks.db");
    let service = Service::start(context, &Settings::production(&sqlite_url(&file))).await?;
    let load = Load::start(context, service.address, "locked", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    let mut other = database::open(&file).await?;
    other.execute("BEGIN EXCLUSIVE").await?;
    let alive = liveness(service.address).await;
    sleep(Duration::from_millis(2500)).await;
    other.execute("ROLLBACK").await?;
    let over = Instant::now();
    other.close().await?;
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.finish(Some(over), context, service.address).await?;
    measured.add(alive);
    Ok(measured)
}
