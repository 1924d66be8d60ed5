//! Load: clients that create, read, change and delete tasks, each request after the answer to the last; and probes, which
//! come every so often on connections of their own, whatever became of those before. Every request is recorded, and what
//! every write was told.

use std::{
    collections::BTreeMap,
    iter::repeat_n,
    net::SocketAddr,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{interval, sleep},
};

use crate::{
    context::{Context, PRIVATE},
    http::{Client, Response},
    ledger::{self, FIRST, Fate, SECOND, Write},
    promises::{Failure, Measured},
};

/// How often there is a probe.
const PROBES: Duration = Duration::from_millis(50);

/// How long a client waits after a failure. Shorter than `Retry-After` asks for: the next failure is what we are after.
const PAUSE: Duration = Duration::from_millis(20);

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) outcome: Result<(), Failure>,
}

/// Load that is on.
pub(crate) struct Load {
    stopping: Arc<AtomicBool>,
    /// How many requests have succeeded.
    succeeded: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Worker>>,
    probes: Option<JoinHandle<Vec<Worker>>>,
}

/// What happened under load.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
    /// By user.
    pub(crate) writes: BTreeMap<String, Vec<Write>>,
}

/// What load there is to be.
pub(crate) struct Plan {
    pub(crate) clients: usize,
    /// How often each task is read for each time that it is written.
    pub(crate) reads: usize,
    pub(crate) probes: bool,
    /// Clients end when an answer closes their connection, and count no refused connection: the service is about to stop.
    pub(crate) until_closed: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { clients: 8, reads: 1, probes: true, until_closed: false }
    }
}

impl Load {
    /// Begins. Users are named after `tag`, so that each load has its own.
    pub(crate) fn start(context: &Context, address: SocketAddr, tag: &str, plan: &Plan) -> Self {
        Self::start_with(&|user| context.token(user), address, tag, plan)
    }

    /// The same with tokens of another kind.
    pub(crate) fn start_with(token: &dyn Fn(&str) -> String, address: SocketAddr, tag: &str, plan: &Plan) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let succeeded = Arc::new(AtomicU64::new(0));
        let worker = |name: &str| {
            let user = format!("{tag}-{name}");
            let client = Client::new(address, &token(&user));
            Worker { user, client, succeeded: succeeded.clone(), records: Vec::new(), writes: Vec::new() }
        };
        let clients = (0..plan.clients).map(|number| {
            let (worker, stopping) = (worker(&number.to_string()), stopping.clone());
            tokio::spawn(worker.work(stopping, plan.reads, plan.until_closed))
        });
        let clients = clients.collect();
        let probes = plan.probes.then(|| tokio::spawn(probe(worker("probe"), stopping.clone())));
        Self { stopping, succeeded, clients, probes }
    }

    /// Waits until so many requests a second succeed, and returns how many do. Gives up in the end.
    pub(crate) async fn reaches(&self, wanted: u64) -> u64 {
        const WINDOW: Duration = Duration::from_millis(250);
        let begin = Instant::now();
        loop {
            let (before, since) = (self.succeeded.load(Ordering::Relaxed), Instant::now());
            sleep(WINDOW).await;
            let count = u128::from(self.succeeded.load(Ordering::Relaxed) - before);
            let rate = u64::try_from(count * 1000 / since.elapsed().as_millis()).unwrap_or(u64::MAX);
            if rate >= wanted || begin.elapsed() > Duration::from_secs(10) {
                return rate;
            }
        }
    }

    /// Lets the requests that are on their way end, and returns all that happened.
    pub(crate) async fn stop(self) -> anyhow::Result<History> {
        self.stopping.store(true, Ordering::Relaxed);
        self.ended().await
    }

    /// Waits until all clients have ended by themselves.
    pub(crate) async fn ended(self) -> anyhow::Result<History> {
        let mut history = History::default();
        let mut workers = Vec::new();
        for client in self.clients {
            workers.push(client.await?);
        }
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(probes) = self.probes {
            workers.extend(probes.await?);
        }
        for worker in workers {
            history.records.extend(worker.records);
            history.writes.entry(worker.user).or_default().extend(worker.writes);
        }
        Ok(history)
    }
}

/// Sends one probe after the other, without waiting for any.
async fn probe(prober: Worker, stopping: Arc<AtomicBool>) -> Vec<Worker> {
    let mut sent = JoinSet::new();
    let mut ticks = interval(PROBES);
    for number in 0.. {
        ticks.tick().await;
        if stopping.load(Ordering::Relaxed) {
            break;
        }
        let mut probe = prober.another();
        sent.spawn(async move {
            if u32::is_multiple_of(number, 2) {
                probe.create(&format!("probe {number}")).await.ok();
            } else {
                probe.request("GET", "/api/tasks?limit=1", None, 200).await.ok();
            }
            probe
        });
    }
    sent.join_all().await
}

/// The requests in a task's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Get,
    Change,
    List,
    Delete,
}

struct Worker {
    user: String,
    client: Client,
    succeeded: Arc<AtomicU64>,
    records: Vec<Record>,
    writes: Vec<Write>,
}

impl Worker {
    /// One of the same user, with a connection of its own.
    fn another(&self) -> Self {
        Self {
            user: self.user.clone(),
            client: self.client.another(),
            succeeded: self.succeeded.clone(),
            records: Vec::new(),
            writes: Vec::new(),
        }
    }

    async fn work(mut self, stopping: Arc<AtomicBool>, reads: usize, until_closed: bool) -> Self {
        let reads = repeat_n(Step::Get, reads);
        let life: Vec<Step> =
            [Step::Create].into_iter().chain(reads).chain([Step::Change, Step::List, Step::Delete]).collect();
        for number in 0.. {
            for step in &life {
                let outcome = self.step(number, *step).await;
                if stopping.load(Ordering::Relaxed) || until_closed && outcome.is_some() && !self.client.is_connected()
                {
                    return self;
                }
                if matches!(outcome, Some(Err(_))) {
                    sleep(PAUSE).await;
                }
            }
        }
        self
    }

    /// One request of a task's life, if it comes to that: not all are changed or deleted.
    async fn step(&mut self, number: u32, step: Step) -> Option<Result<(), Failure>> {
        if step == Step::Create {
            return Some(self.create(&number.to_string()).await);
        }
        let index = self.writes.len() - 1;
        let path = format!("/api/tasks/{}", self.writes[index].id.as_deref()?);
        Some(match step {
            Step::Get => self.request("GET", &path, None, 200).await.map(drop),
            Step::Change if number.is_multiple_of(2) => {
                let change = json!({ "description": SECOND });
                let outcome = self.request("PATCH", &path, Some(&change), 200).await.map(drop);
                self.writes[index].update = Fate::of(outcome);
                outcome
            }
            Step::List => self.request("GET", "/api/tasks?limit=5", None, 200).await.map(drop),
            Step::Delete if number % 4 == 1 => {
                let outcome = self.request("DELETE", &path, None, 204).await.map(drop);
                self.writes[index].delete = Fate::of(outcome);
                outcome
            }
            _ => return None,
        })
    }

    async fn create(&mut self, name: &str) -> Result<(), Failure> {
        let title = format!("{PRIVATE} {} {name}", self.user);
        let body = json!({ "title": title, "description": FIRST });
        let outcome = self.request("POST", "/api/tasks", Some(&body), 201).await;
        let id = outcome.as_ref().ok().and_then(|task| task.json()["data"]["id"].as_str().map(str::to_owned));
        let outcome = outcome.map(drop);
        self.writes.push(Write { title, id, create: Fate::of(outcome), update: Fate::NotSent, delete: Fate::NotSent });
        outcome
    }

    async fn request(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&serde_json::Value>,
        expected: u16,
    ) -> Result<Response, Failure> {
        let start = Instant::now();
        let answer = self.client.send(method, path, &[], body).await;
        let outcome = answer.and_then(|response| response.with_status(expected));
        let record =
            Record { start, end: Instant::now(), outcome: outcome.as_ref().map(drop).map_err(|failure| *failure) };
        self.records.push(record);
        self.succeeded.fetch_add(u64::from(outcome.is_ok()), Ordering::Relaxed);
        outcome
    }
}

impl History {
    /// The figures of one round. `over` is when the fault was over, if it was.
    pub(crate) fn measured(&self, over: Option<Instant>) -> Measured {
        let mut measured = Measured { rounds: 1, requests: self.records.len() as u64, ..Measured::default() };
        for record in &self.records {
            if let Err(failure) = record.outcome {
                *measured.failures.entry(failure).or_default() += 1;
            }
        }
        measured.longest = self.records.iter().map(|record| record.end - record.start).max();
        if let Some(over) = over {
            measured.recovery = recovery(&self.records, over);
            if measured.recovery.is_none() {
                measured.evidence.push("no request succeeded after the fault was over".to_owned());
            }
        }
        measured
    }

    /// The same, and whether all that was written is there.
    pub(crate) async fn finish(
        &self,
        over: Option<Instant>,
        context: &Context,
        address: SocketAddr,
    ) -> anyhow::Result<Measured> {
        let mut measured = self.measured(over);
        measured.add(ledger::verify(context, address, &self.writes).await?);
        Ok(measured)
    }
}

/// How long after `over` it took until every request that was begun since then succeeded. `None` if none ever did.
fn recovery(records: &[Record], over: Instant) -> Option<Duration> {
    let since = || records.iter().filter(|record| record.start >= over);
    let last_failure = since().filter(|record| record.outcome.is_err()).map(|record| record.end).max();
    let successes = since().filter(|record| record.outcome.is_ok()).map(|record| record.end);
    let first_success = successes.filter(|end| last_failure.is_none_or(|failure| *end >= failure)).min()?;
    Some(last_failure.unwrap_or(first_success) - over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(begin: Instant, from: u64, to: u64, outcome: Result<(), Failure>) -> Record {
        let at = |ms| begin + Duration::from_millis(ms);
        Record { start: at(from), end: at(to), outcome }
    }

    #[test]
    fn recovery_lasts_until_the_last_failure_of_a_request_begun_since() {
        let begin = Instant::now();
        let bad = Err(Failure::Unavailable);
        let records = [
            record(begin, 0, 900, bad),
            record(begin, 110, 120, Ok(())),
            record(begin, 130, 400, bad),
            record(begin, 500, 510, Ok(())),
        ];
        assert_eq!(recovery(&records, begin + Duration::from_millis(100)), Some(Duration::from_millis(300)));
        assert_eq!(recovery(&records[..3], begin + Duration::from_millis(100)), None, "it ends with a failure");
        assert_eq!(recovery(&records, begin + Duration::from_millis(600)), None, "nothing was tried since");
    }

    #[test]
    fn recovery_without_a_failure_is_the_first_success() {
        let begin = Instant::now();
        let records = [record(begin, 10, 30, Ok(())), record(begin, 40, 50, Ok(()))];
        assert_eq!(recovery(&records, begin), Some(Duration::from_millis(30)));
    }

    #[test]
    fn the_figures_are_those_of_the_records() {
        let begin = Instant::now();
        let records = vec![record(begin, 0, 40, Ok(())), record(begin, 40, 100, Err(Failure::CutOff))];
        let history = History { records, ..History::default() };
        let measured = history.measured(None);
        assert_eq!((measured.requests, measured.failures[&Failure::CutOff]), (2, 1));
        assert_eq!((measured.longest, measured.recovery), (Some(Duration::from_millis(60)), None));
    }
}
