//! The network between the service and Postgres breaks in several ways.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Fault, POSTGRES,
    context::Context,
    faults::liveness,
    ledger,
    load::{Load, Plan},
    postgres::{Postgres, url_at},
    promises::{Measured, RECOVERS, RECOVERY, UNNOTICED},
    proxy::{Mode, Proxy},
    service::Service,
    settings::Settings,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "network-cut",
            story: "all connections to Postgres are reset during queries, five times in a second",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(check(context, cut)),
        },
        Fault {
            name: "network-refused",
            story: "connections to Postgres are reset, and new ones refused for three seconds",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(check(context, refused)),
        },
        Fault {
            name: "network-blackhole",
            story: "nothing reaches or leaves Postgres for three seconds, and no connection ends",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(check(context, async |network: &Proxy| blackhole(network, 3).await)),
        },
        Fault {
            name: "network-blackhole-long",
            story: "nothing reaches or leaves Postgres for longer than the deadline of a request",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(check(context, async |network: &Proxy| blackhole(network, 12).await)),
        },
        Fault {
            name: "network-half-open",
            story: "existing connections stay silent for ever, as after a failover, while new ones work",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(check(context, lost)),
        },
        Fault {
            name: "network-slow",
            story: "the network to Postgres adds 20 ms each way for three seconds",
            on: POSTGRES,
            promises: UNNOTICED,
            check: |context, _| Box::pin(check(context, slow)),
        },
        Fault {
            name: "network-distant",
            story: "Postgres is 75 ms away each way, and all connections to it are new",
            on: POSTGRES,
            promises: RECOVERS,
            check: |context, _| Box::pin(distant(context)),
        },
    ]
}

async fn distant(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let network = Proxy::start(&[server.address()]).await?;
    let service = Service::start(context, &Settings::production(&url_at(network.address))).await?;
    network.set(Mode::Delay(Duration::from_millis(75)));
    network.cut();
    let begin = Instant::now();
    let plan = Plan { clients: 4, probes: false, ..Plan::default() };
    let load = Load::start(context, service.address, "distant", &plan);
    sleep(RECOVERY * 3).await;
    let history = load.stop().await?;
    let mut measured = history.measured(Some(begin));
    network.set(Mode::Pass);
    measured.add(ledger::verify(context, service.address, &history.writes).await?);
    Ok(measured)
}

/// Breaks the network under load. `fault` returns the time at which it ended.
async fn check(context: &Context, fault: impl AsyncFn(&Proxy) -> Instant) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let network = Proxy::start(&[server.address()]).await?;
    let service = Service::start(context, &Settings::production(&url_at(network.address))).await?;
    let mut measured = Measured::default();
    for round in 0..context.rounds(1, 10) {
        let load = Load::start(context, service.address, &format!("network-{round}"), &Plan::default());
        sleep(Duration::from_millis(700)).await;
        let (over, alive) = tokio::join!(fault(&network), liveness(service.address));
        sleep(RECOVERY + Duration::from_millis(500)).await;
        let history = load.stop().await?;
        measured.add(history.finish(Some(over), context, service.address).await?);
        measured.add(alive);
    }
    Ok(measured)
}

async fn cut(network: &Proxy) -> Instant {
    for _ in 0..5 {
        network.cut();
        sleep(Duration::from_millis(200)).await;
    }
    network.cut();
    Instant::now()
}

async fn refused(network: &Proxy) -> Instant {
    network.set(Mode::Refuse);
    network.cut();
    sleep(Duration::from_secs(3)).await;
    network.set(Mode::Pass);
    Instant::now()
}

async fn blackhole(network: &Proxy, seconds: u64) -> Instant {
    network.set(Mode::Blackhole);
    sleep(Duration::from_secs(seconds)).await;
    network.set(Mode::Pass);
    Instant::now()
}

async fn lost(network: &Proxy) -> Instant {
    network.lose();
    Instant::now()
}

async fn slow(network: &Proxy) -> Instant {
    network.set(Mode::Delay(Duration::from_millis(20)));
    sleep(Duration::from_secs(3)).await;
    network.set(Mode::Pass);
    Instant::now()
}
