//! Creates with an `Idempotency-Key` are retried until they are acknowledged, while connections to the service and to the
//! database are cut.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    BOTH, Fault,
    context::{Context, PRIVATE},
    database::{Database, Store},
    http::Client,
    ledger::{self, FIRST, Fate, Write},
    postgres::url_at,
    process::TICK,
    promises::{Failure, Measured, Promise},
    proxy::Proxy,
    service::Service,
    settings::Settings,
};

const CLIENTS: u32 = 8;

pub(super) fn faults() -> Vec<Fault> {
    vec![Fault {
        name: "creates-retried",
        story: "creates with a key are retried until acknowledged, while connections to service and database are cut",
        on: BOTH,
        promises: &[
            Promise::FailsOnlyWith(&[Failure::Unavailable, Failure::CutOff, Failure::Status(409)]),
            Promise::InTime,
            Promise::NothingLost,
            Promise::NothingTwice,
        ],
        check: |context, store| Box::pin(retried(context, store)),
    }]
}

async fn retried(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    // SQLite has no connections to cut.
    let behind = match &database {
        Database::Postgres(server) => Some(Proxy::start(&[server.address()]).await?),
        Database::Sqlite(_) => None,
    };
    let url = behind.as_ref().map_or_else(|| database.url(), |proxy| url_at(proxy.address));
    let service = Service::start(context, &Settings::production(&url)).await?;
    let before = Proxy::start(&[service.address]).await?;

    let stopping = AtomicBool::new(false);
    let (acknowledged, replayed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let creates = context.rounds(1000, 20_000) / CLIENTS;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let user = format!("retrying-{number}");
        let client = Client::new(before.address, &context.token(&user));
        clients.spawn(create_each_once(client, user, creates, acknowledged.clone(), replayed.clone()));
    }
    let cutting = async {
        for number in 1_u64.. {
            // After every eight creates, or after 300 ms without them.
            let begin = Instant::now();
            while acknowledged.load(Ordering::Relaxed) < number * 8 && begin.elapsed() < Duration::from_millis(300) {
                sleep(TICK).await;
            }
            if stopping.load(Ordering::Relaxed) {
                break;
            }
            match &behind {
                // Less often, since new connections to the database take longer.
                Some(behind) if number.is_multiple_of(4) => behind.cut(),
                _ => before.cut(),
            }
        }
    };
    let creating = async {
        let done = clients.join_all().await;
        stopping.store(true, Ordering::Relaxed);
        done
    };
    let (done, ()) = tokio::join!(creating, cutting);

    let (mut measured, mut writes) = (Measured::default(), BTreeMap::new());
    for (user, figures, written) in done {
        measured.add(figures);
        writes.insert(user, written);
    }
    measured.rounds = creates * CLIENTS;
    measured.add(ledger::verify(context, service.address, &writes).await?);
    let replayed = replayed.load(Ordering::Relaxed);
    measured.must(replayed > 0, "some creates are replayed", &replayed);
    Ok(measured)
}

/// Creates tasks, and retries each until it is acknowledged.
async fn create_each_once(
    mut client: Client,
    user: String,
    creates: u32,
    acknowledged: Arc<AtomicU64>,
    replayed: Arc<AtomicU64>,
) -> (String, Measured, Vec<Write>) {
    let (mut measured, mut writes) = (Measured::default(), Vec::new());
    for number in 0..creates {
        let title = format!("{PRIVATE} {user} {number}");
        let body = json!({ "title": title, "description": FIRST });
        let key = format!("\"{user}-{number}\"");
        let mut write = Write { title, id: None, create: Fate::InDoubt, update: Fate::NotSent, delete: Fate::NotSent };
        // Far more often than connections are cut during one request.
        for _ in 0..100 {
            let begin = Instant::now();
            let answer = client.send("POST", "/api/tasks", &[("Idempotency-Key", &key)], Some(&body)).await;
            let outcome = answer.and_then(|answer| answer.with_status(201));
            measured.requests += 1;
            measured.longest = measured.longest.max(Some(begin.elapsed()));
            match outcome {
                Ok(answer) => {
                    let is_replayed = answer.header("idempotency-replayed") == Some("true");
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                    replayed.fetch_add(u64::from(is_replayed), Ordering::Relaxed);
                    write.id = answer.json()["data"]["id"].as_str().map(str::to_owned);
                    write.create = Fate::Acknowledged;
                    break;
                }
                Err(failure) => *measured.failures.entry(failure).or_default() += 1,
            }
            sleep(Duration::from_millis(5)).await;
        }
        let is_acknowledged = write.create == Fate::Acknowledged;
        measured.must(is_acknowledged, "a create that is retried is acknowledged in the end", &write);
        writes.push(write);
    }
    (user, measured, writes)
}
