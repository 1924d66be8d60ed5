//! The victim: a user with an ordinary front end.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{sync::oneshot, task::JoinSet, time::sleep_until};

use crate::{context::PRIVATE, http::Client, promises::Failure};

/// How many requests it sends per second: fewer than the default of `RATE_LIMIT`.
pub(crate) const PER_SECOND: u32 = 40;

/// Over how many connections.
const CONNECTIONS: u32 = 4;

/// The time at the beginning in which requests count, but not their duration: connections and statements are new.
const WARM_UP: Duration = Duration::from_millis(500);

/// What it does, and how often it is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Victim {
    pub(crate) address: SocketAddr,
    /// The address that it connects from.
    pub(crate) from: IpAddr,
    pub(crate) token: String,
    /// Its requests, in turn.
    pub(crate) steps: Vec<Step>,
    /// Whether it connects anew for each request.
    pub(crate) reconnects: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Create,
    Get,
    List,
    Toggle,
    /// `/health/ready`.
    Ready,
}

/// What the victim has seen.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) failures: Vec<(Failure, u64)>,
    pub(crate) longest: Option<Duration>,
    /// The 99th percentile of the time until a success.
    pub(crate) p99: Option<Duration>,
}

/// A request: when it was due since the beginning, how long after that it ended, and how.
type Record = (Duration, Duration, Result<(), Failure>);

impl Victim {
    /// Sends requests until `ended`, and waits for the last responses.
    pub(super) async fn until(self, ended: oneshot::Receiver<()>) -> anyhow::Result<Seen> {
        let (stopping, begin) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let mut connections = JoinSet::new();
        for number in 0..CONNECTIONS {
            connections.spawn(self.clone().connection(number, begin, stopping.clone()));
        }
        ended.await?;
        stopping.store(true, Ordering::Relaxed);
        Ok(seen(&connections.join_all().await.concat()))
    }

    async fn connection(self, number: u32, begin: Instant, stopping: Arc<AtomicBool>) -> Vec<Record> {
        let mut client = Client::new(self.address, &self.token).bound_to(self.from);
        let (mut task, mut records) = (None, Vec::new());
        for (turn, step) in (0..).zip(self.steps.iter().cycle()) {
            // Due whether or not the last response has come, so that a slow response delays nothing unnoticed.
            let due = Duration::from_secs(1) * (turn * CONNECTIONS + number) / PER_SECOND;
            sleep_until((begin + due).into()).await;
            if stopping.load(Ordering::Relaxed) {
                break;
            }
            if self.reconnects {
                client = client.another();
            }
            let outcome = request(&mut client, *step, &mut task).await;
            records.push((due, begin.elapsed().saturating_sub(due), outcome));
        }
        records
    }
}

/// Sends a request. A task that does not exist yet is created.
async fn request(client: &mut Client, step: Step, task: &mut Option<String>) -> Result<(), Failure> {
    let path = task.as_ref().map(|id| format!("/api/tasks/{id}"));
    let (method, path, status) = match (step, path) {
        (Step::List, _) => ("GET", "/api/tasks?limit=20".to_owned(), 200),
        (Step::Ready, _) => ("GET", "/health/ready".to_owned(), 200),
        (Step::Get, Some(path)) => ("GET", path, 200),
        (Step::Toggle, Some(path)) => ("PATCH", format!("{path}/complete"), 200),
        (Step::Create | Step::Get | Step::Toggle, _) => {
            let body = json!({ "title": PRIVATE });
            let created = client.send("POST", "/api/tasks", &[], Some(&body)).await?.with_status(201)?;
            *task = created.json()["data"]["id"].as_str().map(str::to_owned);
            return Ok(());
        }
    };
    client.send(method, &path, &[], None).await?.with_status(status).map(drop)
}

fn seen(records: &[Record]) -> Seen {
    let mut seen = Seen { requests: records.len() as u64, ..Seen::default() };
    for failure in records.iter().filter_map(|(_, _, outcome)| outcome.err()) {
        match seen.failures.iter_mut().find(|(known, _)| *known == failure) {
            Some((_, times)) => *times += 1,
            None => seen.failures.push((failure, 1)),
        }
    }
    seen.longest = records.iter().map(|(_, took, _)| *took).max();
    let warm = records.iter().filter(|(due, _, outcome)| *due >= WARM_UP && outcome.is_ok());
    let mut times: Vec<Duration> = warm.map(|(_, took, _)| *took).collect();
    times.sort_unstable();
    // The smallest that 99 % do not exceed.
    seen.p99 = (times.len() * 99).div_ceil(100).checked_sub(1).map(|index| times[index]);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(milliseconds: u64, took: u64, outcome: Result<(), Failure>) -> Record {
        (Duration::from_millis(milliseconds), Duration::from_millis(took), outcome)
    }

    #[test]
    fn p99_is_exceeded_by_one_in_a_hundred() {
        let records: Vec<Record> = (1..=100).map(|took| after(1000, took, Ok(()))).collect();
        assert_eq!(seen(&records).p99, Some(Duration::from_millis(99)));
        assert_eq!(seen(&records[..1]).p99, Some(Duration::from_millis(1)));
    }

    #[test]
    fn only_successes_after_the_warm_up_have_a_p99() {
        let records = [after(0, 9, Ok(())), after(900, 5, Err(Failure::CutOff)), after(900, 7, Err(Failure::CutOff))];
        let seen = seen(&records);
        assert_eq!((seen.requests, seen.p99), (3, None));
        assert_eq!((seen.failures, seen.longest), (vec![(Failure::CutOff, 2)], Some(Duration::from_millis(9))));
    }
}
