//! The key set server is down, or sends invalid responses.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    Fault, SQLITE,
    context::Context,
    database::Store,
    http::Client,
    keys::{KeyServer, Serves},
    ledger,
    load::{Load, Plan},
    promises::{Measured, ONLY_UNAVAILABLE, Promise, UNNOTICED},
    proxy::{Mode, Proxy},
    service::Service,
    settings::Settings,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "key-set-broken",
            story: "the key set server is down, hangs, or sends 500, HTML, an endless or a slow response",
            // The database is not involved.
            on: SQLITE,
            promises: UNNOTICED,
            check: |context, store| Box::pin(broken(context, store)),
        },
        Fault {
            name: "key-set-late",
            story: "the key set server is down when the service starts, and comes up later",
            on: SQLITE,
            promises: &[ONLY_UNAVAILABLE, Promise::InTime, Promise::Recovers, Promise::NothingLost],
            check: |context, store| Box::pin(late(context, store)),
        },
    ]
}

/// The app that publishes the key set, behind a proxy.
pub(super) async fn app() -> anyhow::Result<(KeyServer, Proxy, String)> {
    let keys = KeyServer::start().await?;
    let network = Proxy::start(&[keys.address]).await?;
    let origin = format!("http://{}", network.address);
    Ok((keys, network, origin))
}

pub(super) fn with_keys(settings: Settings, origin: &str) -> Settings {
    settings.with("BETTER_AUTH_URL", origin).without("BETTER_AUTH_SECRET")
}

async fn broken(context: &Context, store: Store) -> anyhow::Result<Measured> {
    const WAYS: [(Mode, Serves); 6] = [
        (Mode::Refuse, Serves::Keys),
        (Mode::Blackhole, Serves::Keys),
        (Mode::Pass, Serves::Error),
        (Mode::Pass, Serves::Html),
        (Mode::Pass, Serves::Endless),
        (Mode::Pass, Serves::Trickle),
    ];
    let mut measured = Measured::default();
    for (mode, serves) in WAYS {
        let (keys, network, origin) = app().await?;
        let database = context.database(store).await?;
        let service = Service::start(context, &with_keys(database.settings(), &origin)).await?;
        let token = |user: &str| context.remember(keys.token(user, &origin));
        fetched(service.address, &token("first")).await?;
        network.set(mode);
        keys.serve(serves);
        let asked = keys.requests();
        let load = Load::start_with(&token, service.address, "keys", &Plan { probes: false, ..Plan::default() });
        let stranger =
            |number: u32| context.remember(keys.token_with("stranger", &origin, &format!("unknown-{number}")));
        let strangers = strangers(service.address, &stranger).await;
        let history = load.stop().await?;
        let mut round = history.measured(None);
        let fetches = keys.requests() - asked;
        // Two fetches in half a minute for any number of tokens, and one more if the first one at the start was slow.
        round.must(fetches <= 3, "tokens with unknown keys cause few fetches", &(serves, fetches));
        round.add(strangers);
        round.add(ledger::verify_with(&token, service.address, &history.writes).await?);
        measured.add(round);
    }
    Ok(measured)
}

/// Waits until the service has the key set with the key of this token.
pub(super) async fn fetched(address: SocketAddr, token: &str) -> anyhow::Result<()> {
    let mut client = Client::new(address, token);
    let begin = Instant::now();
    while client.get("/api/tasks").await.map(|answer| answer.status) != Ok(200) {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(10), "the service does not fetch the key set");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Sends tokens with unknown keys for a while. They must be rejected in time.
async fn strangers(address: SocketAddr, token: &dyn Fn(u32) -> String) -> Measured {
    let mut measured = Measured::default();
    let begin = Instant::now();
    for number in 0.. {
        if begin.elapsed() > Duration::from_millis(2500) {
            break;
        }
        let asked = Instant::now();
        let answer = Client::new(address, &token(number)).get("/api/tasks").await.map(|answer| answer.status);
        let is_rejected = matches!(answer, Ok(401 | 503)) && asked.elapsed() < Duration::from_millis(2500);
        measured.must(is_rejected, "a token with an unknown key is rejected within 2.5 s", &(answer, asked.elapsed()));
        sleep(Duration::from_millis(20)).await;
    }
    measured
}

async fn late(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let (keys, network, origin) = app().await?;
    network.set(Mode::Refuse);
    let database = context.database(store).await?;
    let service = Service::start(context, &with_keys(database.settings(), &origin)).await?;
    let token = |user: &str| context.remember(keys.token(user, &origin));
    let load = Load::start_with(&token, service.address, "late", &Plan::default());
    sleep(Duration::from_secs(2)).await;
    let ready = Client::new(service.address, "").get("/health/ready").await.map(|answer| answer.status);
    network.set(Mode::Pass);
    let over = Instant::now();
    sleep(Duration::from_secs(3)).await;
    let history = load.stop().await?;
    let mut measured = history.measured(Some(over));
    measured.must(ready == Ok(503), "the service is not ready without a key set", &ready);
    measured.add(ledger::verify_with(&token, service.address, &history.writes).await?);
    Ok(measured)
}
