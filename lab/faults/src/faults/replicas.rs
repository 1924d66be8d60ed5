//! Two replicas on one Postgres, behind a proxy that checks whether they are ready.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use lab_common::free_port;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    Fault, POSTGRES,
    context::Context,
    http::Client,
    ledger,
    load::{Load, Plan},
    postgres::Postgres,
    promises::{Failure, LOAD, Measured, NONE_FAILS, Promise},
    proxy::Proxy,
    service::Service,
    settings::Settings,
};

/// The interval of the proxy's health checks.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a replica continues to serve after SIGTERM: ten times the interval, since a busy machine may be late.
const SHUTDOWN_DELAY: &str = "1s";

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "replicas-restarted",
            story: "two replicas behind a proxy are restarted (SIGTERM) in turn, under load",
            on: POSTGRES,
            promises: &[NONE_FAILS, Promise::InTime, Promise::NothingLost, Promise::NothingTwice, Promise::UnderLoad],
            check: |context, _| Box::pin(rolling(context)),
        },
        Fault {
            name: "replica-killed",
            story: "one of two replicas behind a proxy is killed (SIGKILL) under load",
            on: POSTGRES,
            promises: &[
                Promise::FailsOnlyWith(&[Failure::Unavailable, Failure::CutOff]),
                Promise::InTime,
                Promise::Recovers,
                Promise::NothingLost,
                Promise::NothingTwice,
            ],
            check: |context, _| Box::pin(killed(context)),
        },
    ]
}

/// A proxy in front of two replicas. A replica that is not ready gets no new connections.
struct Balanced {
    proxy: Arc<Proxy>,
    asking: JoinHandle<()>,
}

impl Balanced {
    async fn start(replicas: [SocketAddr; 2]) -> anyhow::Result<Self> {
        let proxy = Arc::new(Proxy::start(&replicas).await?);
        let aimed = proxy.clone();
        let asking = tokio::spawn(async move {
            loop {
                let mut ready = Vec::new();
                for replica in replicas {
                    let answer = Client::new(replica, "").get("/health/ready").await;
                    if answer.is_ok_and(|answer| answer.status == 200) {
                        ready.push(replica);
                    }
                }
                aimed.aim(&ready);
                sleep(INTERVAL).await;
            }
        });
        Ok(Self { proxy, asking })
    }

    fn address(&self) -> SocketAddr {
        self.proxy.address
    }
}

impl Drop for Balanced {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

/// Settings for two replicas on one database, each with its own port.
fn two(server: &Postgres) -> anyhow::Result<[Settings; 2]> {
    let settings = Settings::production(&server.url()).with("SHUTDOWN_DELAY", SHUTDOWN_DELAY);
    Ok([settings.clone().with("PORT", &free_port()?), settings.with("PORT", &free_port()?)])
}

async fn rolling(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let settings = two(&server)?;
    let mut replicas = Vec::new();
    for settings in &settings {
        replicas.push(Service::start(context, settings).await?);
    }
    let balanced = Balanced::start([replicas[0].address, replicas[1].address]).await?;
    let (mut measured, mut writes) = (Measured::default(), BTreeMap::new());
    let plan = Plan { clients: 16, reads: 5, ..Plan::default() };
    for round in 0..context.rounds(10, 100) {
        let load = Load::start(context, balanced.address(), &format!("rolling-{round}"), &plan);
        let rate = load.reaches(LOAD).await;
        let mut leaving = replicas.remove(0);
        leaving.terminate()?;
        let status = leaving.ended().await?;
        let history = load.stop().await?;
        measured.must(status.success(), "the service exits with 0 after SIGTERM", &status);
        measured.add(Measured { rate: Some(rate), ..history.measured(None) });
        replicas.push(Service::start(context, &settings[round as usize % 2]).await?);
        writes.extend(history.writes);
        // Wait until the proxy has checked the replica.
        sleep(2 * INTERVAL).await;
    }
    measured.add(ledger::verify(context, balanced.address(), &writes).await?);
    Ok(measured)
}

async fn killed(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let [one, other] = two(&server)?;
    let (one, other) = (Service::start(context, &one).await?, Service::start(context, &other).await?);
    let balanced = Balanced::start([one.address, other.address]).await?;
    let load = Load::start(context, balanced.address(), "killed", &Plan::default());
    sleep(Duration::from_secs(1)).await;
    one.kill()?;
    let over = Instant::now();
    sleep(Duration::from_millis(2500)).await;
    let history = load.stop().await?;
    history.finish(Some(over), context, balanced.address()).await
}
