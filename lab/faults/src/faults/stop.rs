//! The service is stopped under load.

use std::{collections::BTreeMap, time::Duration};

use lab_common::free_port;
use tokio::time::sleep;

use crate::{
    BOTH, Fault,
    context::Context,
    database::Store,
    ledger,
    load::{Load, Plan},
    promises::{LOAD, Measured, NONE_FAILS, Promise},
    service::Service,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![Fault {
        name: "service-stopped",
        story: "the service gets SIGTERM under load; clients keep their connections until a response closes them",
        on: BOTH,
        promises: &[NONE_FAILS, Promise::InTime, Promise::NothingLost, Promise::NothingTwice, Promise::UnderLoad],
        check: |context, store| Box::pin(stopped(context, store)),
    }]
}

async fn stopped(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    let settings = database.settings().with("PORT", &free_port()?);
    let (mut measured, mut writes) = (Measured::default(), BTreeMap::new());
    let plan = Plan { clients: 16, reads: 5, probes: false, until_closed: true };
    for round in 0..context.rounds(10, 100) {
        let mut service = Service::start(context, &settings).await?;
        let load = Load::start(context, service.address, &format!("stop-{round}"), &plan);
        let rate = load.reaches(LOAD).await;
        sleep(Duration::from_millis(u64::from(round * 37 % 100))).await;
        service.terminate()?;
        let history = load.ended().await?;
        let status = service.ended().await?;
        measured.must(status.success(), "the service exits with 0 after SIGTERM", &status);
        measured.add(Measured { rate: Some(rate), ..history.measured(None) });
        writes.extend(history.writes);
    }
    let service = Service::start(context, &settings).await?;
    measured.add(ledger::verify(context, service.address, &writes).await?);
    Ok(measured)
}
