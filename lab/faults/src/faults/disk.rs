//! The disk is full, or the database is read-only.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    BOTH, Fault, POSTGRES,
    context::Context,
    database::{Database, Store},
    faults::readable,
    load::{Load, Plan},
    postgres::Postgres,
    promises::{Measured, RECOVERS},
    service::Service,
    settings::Settings,
    small_disk::SmallDisk,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "disk-full",
            story: "the disk of the database is full, and later has space again",
            on: BOTH,
            promises: RECOVERS,
            check: |context, store| Box::pin(disk_full(context, store)),
        },
        Fault {
            name: "database-read-only",
            story: "the database rejects writes for a while, as after a failover to a standby",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(read_only(context)),
        },
    ]
}

async fn disk_full(context: &Context, store: Store) -> anyhow::Result<Measured> {
    // A new Postgres data directory has about 40 MB.
    let megabytes = match store {
        Store::Postgres => 96,
        Store::Sqlite => 16,
    };
    let disk = SmallDisk::mount(&context.directory("disk")?, megabytes)?;
    let database = match store {
        Store::Postgres => Database::Postgres(Box::new(Postgres::start_on(context, &disk).await?)),
        Store::Sqlite => Database::Sqlite(disk.directory().join("tasks.db")),
    };
    let service = Service::start(context, &database.settings()).await?;
    let load = Load::start(context, service.address, "disk", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    disk.fill()?;
    let reads = readable(context, service.address, Duration::from_secs(3)).await;
    disk.free()?;
    let over = Instant::now();
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.finish(Some(over), context, service.address).await?;
    let failed = history.records.iter().any(|record| record.outcome.is_err() && record.end < over);
    measured.must(failed, "some writes fail while the disk is full", &measured.failures.clone());
    measured.add(reads);
    drop(service);
    drop(database);
    Ok(measured)
}

async fn read_only(context: &Context) -> anyhow::Result<Measured> {
    // Existing sessions keep the old setting.
    const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tasks_app'";
    let server = Postgres::start(context).await?;
    let service = Service::start(context, &Settings::production(&server.url())).await?;
    let load = Load::start(context, service.address, "read-only", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    server.administer("ALTER DATABASE tasks SET default_transaction_read_only = on").await?;
    server.administer(END_SESSIONS).await?;
    // Cut connections are not the subject of this check.
    sleep(Duration::from_millis(300)).await;
    let reads = readable(context, service.address, Duration::from_millis(2500)).await;
    server.administer("ALTER DATABASE tasks RESET default_transaction_read_only").await?;
    let over = Instant::now();
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.finish(Some(over), context, service.address).await?;
    measured.add(reads);
    Ok(measured)
}
