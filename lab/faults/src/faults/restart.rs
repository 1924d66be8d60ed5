//! Postgres is restarted under load.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Fault, POSTGRES,
    context::Context,
    load::{Load, Plan},
    postgres::{Postgres, Stop},
    promises::{Measured, RECOVERS},
    service::Service,
    settings::Settings,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "postgres-restart",
            story: "Postgres is restarted (fast shutdown) under load",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(restarted(context, Stop::Fast)),
        },
        Fault {
            name: "postgres-restart-immediate",
            story: "Postgres is restarted (immediate shutdown) under load",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(restarted(context, Stop::Immediate)),
        },
    ]
}

async fn restarted(context: &Context, how: Stop) -> anyhow::Result<Measured> {
    let mut server = Postgres::start(context).await?;
    let settings = Settings::production(&server.url());
    let service = Service::start(context, &settings).await?;
    let mut measured = Measured::default();
    for round in 0..context.rounds(1, 10) {
        let load = Load::start(context, service.address, &format!("restart-{round}"), &Plan::default());
        sleep(Duration::from_secs(1)).await;
        server.stop(how).await?;
        // Longer than requests wait for a connection.
        sleep(Duration::from_millis(1500)).await;
        server.run().await?;
        let over = Instant::now();
        sleep(Duration::from_secs(3)).await;
        let history = load.stop().await?;
        measured.add(history.finish(Some(over), context, service.address).await?);
    }
    Ok(measured)
}
