//! Load: clients that create, read, change and delete tasks, one request after the other, and probes. A probe is one request on
//! its own connection, sent at a fixed interval. Every request and its outcome is recorded.

mod history;

use std::{
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

pub(crate) use history::History;
use history::Record;

use crate::{
    context::{Context, PRIVATE},
    http::{Client, Response},
    ledger::{FIRST, Fate, SECOND, Write},
    promises::Failure,
};

/// The interval between probes.
const PROBES: Duration = Duration::from_millis(50);

/// How long a client waits after a failure. This is shorter than `Retry-After`, in order to see further failures.
const PAUSE: Duration = Duration::from_millis(20);

/// Running load.
pub(crate) struct Load {
    stopping: Arc<AtomicBool>,
    /// The number of successful requests.
    succeeded: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Worker>>,
    probes: Option<JoinHandle<Vec<Worker>>>,
}

/// The shape of a load.
pub(crate) struct Plan {
    pub(crate) clients: usize,
    /// The number of reads of each task between its create and its change.
    pub(crate) reads: usize,
    pub(crate) probes: bool,
    /// Clients stop once a response closes their connection. For a service that is about to stop.
    pub(crate) until_closed: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { clients: 8, reads: 1, probes: true, until_closed: false }
    }
}

impl Load {
    /// Starts the clients. The names of users begin with `tag`, so that each load has its own users.
    pub(crate) fn start(context: &Context, address: SocketAddr, tag: &str, plan: &Plan) -> Self {
        Self::start_with(&|user| context.token(user), address, tag, plan)
    }

    /// The same with different tokens.
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

    /// Waits until this many requests per second succeed, for at most 10 s. Returns the rate.
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

    /// Waits for the requests in flight, and returns the history.
    pub(crate) async fn stop(self) -> anyhow::Result<History> {
        self.stopping.store(true, Ordering::Relaxed);
        self.ended().await
    }

    /// Waits until all clients have stopped by themselves, and returns the history.
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

/// Sends probes without waiting for their responses.
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

/// The requests for one task, in order.
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
    /// A worker of the same user with its own connection.
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

    /// Sends one request for the last task. `None` if this task has no such request: not every task is changed or deleted.
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
