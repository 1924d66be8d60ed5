//! Histories: what clients were told while they worked on the same tasks at the same time, checked for what cannot be.

mod check;
mod choice;
mod model;
mod recorder;
mod wire;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    BOTH, Fault, POSTGRES,
    context::{Context, SECRET},
    database::Store,
    promises::{Measured, ONLY_UNAVAILABLE, Promise},
    service::Service,
    tokens,
};
use check::check;
use model::{Answer, Owner};
use recorder::{History, Plan, record};

/// Two users with four clients each, who get in each other's way: some 200 requests.
const CROWDED: Plan = Plan { users: 2, clients: 4, requests: 25, foreign: 5 };

/// Twenty users with a client each. Half of 2,500 requests reach for what is another's.
const NOSY: Plan = Plan { users: 20, clients: 1, requests: 125, foreign: 50 };

const PROMISES: &[Promise] = &[ONLY_UNAVAILABLE, Promise::OneOrder, Promise::NothingTwice, Promise::NothingForeign];

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "histories",
            story: "clients of the same user create, change, delete, read and list the same tasks at once; some hang up",
            on: BOTH,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 1, CROWDED, context.rounds(15, 300))),
        },
        Fault {
            name: "histories-of-two-replicas",
            story: "the same, with half of the clients on another replica",
            on: POSTGRES,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 2, CROWDED, context.rounds(20, 400))),
        },
        Fault {
            name: "isolation",
            story: "users read, change and delete tasks of others, in their path, and with their cursors and keys",
            on: BOTH,
            promises: PROMISES,
            check: |context, store| Box::pin(checked(context, store, 1, NOSY, context.rounds(2, 200))),
        },
    ]
}

/// Records histories on a fresh database, each of users of its own, and checks them.
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
    // Every token begins so. All of those that there are here would be too many to look for.
    let token = tokens::of(Owner::PREFIX, SECRET);
    context.must_not_be_logged(token.split('.').next().unwrap_or_default());
    let addresses: Vec<_> = services.iter().map(|service| service.address).collect();
    let (mut measured, mut answers) = (Measured::default(), BTreeMap::<_, u64>::new());
    for number in 0..histories {
        let begin = Instant::now();
        let history = record(&addresses, plan, 1 + number * plan.users).await?;
        let took = begin.elapsed();
        for operation in &history.operations {
            *answers.entry(operation.answer.kind()).or_default() += 1;
        }
        measured.add(judged(history, took));
    }
    // A history in which nothing happens is always good.
    let are_all_there = Answer::KINDS.iter().all(|kind| answers.contains_key(kind));
    let unknown = answers.get(Answer::Unknown.kind()).copied().unwrap_or_default();
    measured.must(are_all_there, "answers of every kind occur", &answers);
    measured.must(unknown * 10 <= measured.requests, "nine in ten requests are answered", &answers);
    Ok(measured)
}

fn judged(history: History, took: Duration) -> Measured {
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
