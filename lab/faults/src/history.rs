//! Records concurrent requests for the same tasks, and checks that the responses are linearizable and private.

mod check;
mod choice;
mod model;
mod recorder;
mod wire;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    BOTH, Fault, POSTGRES,
    context::{Context, SECRET},
    database::Store,
    postgres::{Postgres, url_at},
    promises::{Failure, Measured, ONLY_UNAVAILABLE, Promise},
    proxy::{Mode, Proxy},
    service::Service,
    settings::Settings,
    tokens,
};
use check::check;
use model::{Answer, Owner};
use recorder::{History, Plan, record};

/// Two users with four clients each, which work on the same tasks: 200 requests.
const CROWDED: Plan = Plan { users: 2, clients: 4, requests: 25, foreign: 5 };

/// Twenty users with a client each. Half of the 2,500 requests are for tasks of another user.
const PRYING: Plan = Plan { users: 20, clients: 1, requests: 125, foreign: 50 };

const PROMISES: &[Promise] = &[ONLY_UNAVAILABLE, Promise::OneOrder, Promise::NothingTwice, Promise::NothingForeign];

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "clients-concurrent",
            story: "clients of one user create, change, delete, read and list the same tasks at once; some hang up",
            on: BOTH,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 1, CROWDED, context.rounds(15, 300))),
        },
        Fault {
            name: "replicas-concurrent",
            story: "clients of one user work on the same tasks at once, half of them on another replica",
            on: POSTGRES,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 2, CROWDED, context.rounds(20, 400))),
        },
        Fault {
            name: "commits-unknown",
            story: "clients work on the same tasks at once, while commits that take effect are reported as failed or cut off",
            on: POSTGRES,
            promises: PROMISES,
            check: |context, _| Box::pin(commits_unknown(context)),
        },
        Fault {
            name: "users-isolated",
            story: "users try to read, change and delete tasks of others, by path, cursor and key",
            on: BOTH,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 1, PRYING, context.rounds(2, 200))),
        },
    ]
}

/// Starts services on a new database, and checks the histories that they make.
async fn checked(
    context: &Context,
    store: Store,
    replicas: usize,
    plan: Plan,
    histories: u32,
) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    let settings = database.settings().with("UNAUTHENTICATED_RATE_LIMIT", "off");
    let mut services = Vec::new();
    for _ in 0..replicas {
        services.push(Service::start(context, &settings).await?);
    }
    let addresses: Vec<_> = services.iter().map(|service| service.address).collect();
    histories_at(context, &addresses, plan, histories).await
}

/// The same, behind a network that spoils the answers to some commits.
async fn commits_unknown(context: &Context) -> anyhow::Result<Measured> {
    let server = Postgres::start(context).await?;
    let network = Proxy::start(&[server.address()]).await?;
    let service = Service::start(context, &Settings::production(&url_at(network.address))).await?;
    network.set(Mode::SpoilCommits);
    let mut measured = histories_at(context, &[service.address], CROWDED, context.rounds(15, 300)).await?;
    let unavailable = measured.failures.get(&Failure::Unavailable).copied().unwrap_or_default();
    measured.must(unavailable > 0, "changes with an unknown outcome are answered with 503", &measured.failures.clone());
    Ok(measured)
}

/// Records histories with the services at these addresses, each with its own users, and checks them.
async fn histories_at(
    context: &Context,
    addresses: &[SocketAddr],
    plan: Plan,
    histories: u32,
) -> anyhow::Result<Measured> {
    // All tokens begin with this header. The tokens themselves are too many to search for.
    let token = tokens::of(Owner::PREFIX, SECRET);
    context.must_not_be_logged(token.split('.').next().unwrap_or_default());
    let (mut measured, mut answers) = (Measured::default(), BTreeMap::<_, u64>::new());
    for number in 0..histories {
        let begin = Instant::now();
        let history = record(addresses, plan, 1 + number * plan.users).await?;
        let took = begin.elapsed();
        for operation in &history.operations {
            *answers.entry(operation.answer.kind()).or_default() += 1;
        }
        measured.add(figures(history, took));
    }
    // A history without responses would always pass.
    let are_all_there = Answer::KINDS.iter().all(|kind| answers.contains_key(kind));
    let unknown = answers.get(Answer::Unknown.kind()).copied().unwrap_or_default();
    measured.must(are_all_there, "responses of every kind occur", &answers);
    measured.must(unknown * 10 <= measured.requests, "at least nine in ten requests are answered", &answers);
    Ok(measured)
}

fn figures(history: History, took: Duration) -> Measured {
    let findings = check(&history.operations);
    let spans = history.operations.iter().map(|operation| operation.end.saturating_sub(operation.start));
    let evidence = [&findings.foreign, &findings.anomalies, &findings.twice];
    let requests = history.operations.len() as u64;
    let per_second = u128::from(requests) * 1000 / took.as_millis().max(1);
    Measured {
        rounds: 1,
        requests,
        rate: u64::try_from(per_second).ok(),
        longest: spans.max(),
        anomalies: Some(findings.anomalies.len() as u64),
        twice: Some(findings.twice.len() as u64),
        foreign: Some(findings.foreign.len() as u64),
        evidence: evidence.into_iter().flat_map(|findings| findings.iter().take(3)).cloned().collect(),
        failures: history.failures,
        ..Measured::default()
    }
}
