//! The service, or Postgres, is killed during writes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lab_common::free_port;
use tokio::time::sleep;

use crate::{
    BOTH, Fault, POSTGRES,
    context::Context,
    database::Store,
    ledger,
    load::{Load, Plan},
    postgres::Postgres,
    promises::{Measured, ONLY_GONE, Promise, RECOVERS},
    service::Service,
    settings::Settings,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "service-killed",
            story: "the service is killed (SIGKILL) during writes and restarted",
            on: BOTH,
            promises: &[ONLY_GONE, Promise::InTime, Promise::Recovers, Promise::NothingLost, Promise::NothingTwice],
            check: |context, store| Box::pin(service_killed(context, store)),
        },
        Fault {
            name: "postgres-killed",
            story: "all processes of Postgres are killed (SIGKILL) during writes, and Postgres is restarted",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(postgres_killed(context)),
        },
    ]
}

/// When to kill: at a different time in each round.
fn moment(round: u32) -> Duration {
    Duration::from_millis(u64::from(150 + round * 37 % 250))
}

async fn service_killed(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    // The same port each time, so that clients can reconnect.
    let settings = database.settings().with("PORT", &free_port()?);
    let mut service = Service::start(context, &settings).await?;
    let (mut measured, mut writes) = (Measured::default(), BTreeMap::new());
    for round in 0..context.rounds(20, 200) {
        let load = Load::start(context, service.address, &format!("kill-{round}"), &Plan::default());
        sleep(moment(round)).await;
        service.kill()?;
        service = Service::start(context, &settings).await?;
        let over = Instant::now();
        sleep(Duration::from_millis(300)).await;
        let history = load.stop().await?;
        measured.add(history.finish(Some(over), context, service.address).await?);
        writes.extend(history.writes);
    }
    // Check again, since a later round may have damaged the writes of an earlier one.
    measured.add(ledger::verify(context, service.address, &writes).await?);
    Ok(measured)
}

async fn postgres_killed(context: &Context) -> anyhow::Result<Measured> {
    let mut server = Postgres::start(context).await?;
    let service = Service::start(context, &Settings::production(&server.url())).await?;
    let (mut measured, mut writes) = (Measured::default(), BTreeMap::new());
    for round in 0..context.rounds(5, 50) {
        let load = Load::start(context, service.address, &format!("kill-{round}"), &Plan::default());
        sleep(moment(round)).await;
        server.kill().await?;
        server.run().await?;
        let over = Instant::now();
        sleep(Duration::from_millis(2500)).await;
        let history = load.stop().await?;
        measured.add(history.finish(Some(over), context, service.address).await?);
        writes.extend(history.writes);
    }
    measured.add(ledger::verify(context, service.address, &writes).await?);
    Ok(measured)
}
