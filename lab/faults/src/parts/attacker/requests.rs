//! Attacks with valid requests of users.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{Tally, source};
use crate::{context::PRIVATE, http::Client};

/// How many large pages are asked for at once.
pub(crate) const LARGE_PAGES_AT_ONCE: u32 = 16;

/// How many connections send lists of versions.
const LISTS_AT_ONCE: u32 = 8;

/// How long a list of versions is: longer with each request, so that no two have the same length, up to what fits into a head.
const VERSIONS: std::ops::Range<u32> = 1000..14_000;

/// By how much it grows.
const GROWTH: u32 = 27;

/// Turns that come at this rate, shared by this many clients. Turns that a client is too late for are left out.
struct Turns(tokio::time::Interval);

impl Turns {
    fn new(per_second: u32, clients: u32) -> Self {
        let mut interval = interval(Duration::from_secs(1) * clients / per_second);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(interval)
    }

    async fn next(&mut self) {
        self.0.tick().await;
    }
}

pub(super) async fn large_pages(to: SocketAddr, tally: &Tally, token: &str, per_second: u32) {
    let mut clients = JoinSet::new();
    for number in 0..LARGE_PAGES_AT_ONCE {
        let (mut client, tally) = (Client::new(to, token).bound_to(source(0)), tally.clone());
        clients.spawn(async move {
            let (mut turns, mut tag) = (Turns::new(per_second, LARGE_PAGES_AT_ONCE), None);
            loop {
                turns.next().await;
                // Half of them know the list already.
                let seen = tag.as_deref().filter(|_| number % 2 == 1);
                let headers: Vec<(&str, &str)> = seen.map(|tag| ("If-None-Match", tag)).into_iter().collect();
                let outcome = client.send("GET", "/api/tasks", &headers, None).await;
                tally.outcome(&outcome);
                if let Ok(page) = outcome {
                    tally.most("largest page", page.size());
                    tag = page.header("etag").map(str::to_owned).or(tag);
                }
            }
        });
    }
    clients.join_all().await;
}

pub(super) async fn if_match(to: SocketAddr, tally: &Tally, token: &str, task: &str, per_second: u32) {
    let mut clients = JoinSet::new();
    for number in 0..LISTS_AT_ONCE {
        let (mut client, tally) = (Client::new(to, token).bound_to(source(0)), tally.clone());
        let path = format!("/api/tasks/{task}");
        clients.spawn(async move {
            let (mut turns, body) = (Turns::new(per_second, LISTS_AT_ONCE), json!({ "title": PRIVATE }));
            for turn in 0.. {
                turns.next().await;
                let grown = (turn * LISTS_AT_ONCE + number) * GROWTH % (VERSIONS.end - VERSIONS.start);
                let versions = (1000..).take((VERSIONS.start + grown) as usize);
                let tags: Vec<String> = versions.map(|version| format!("\"{version}\"")).collect();
                let headers = [("If-Match", tags.join(","))];
                let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
                tally.outcome(&client.send("PATCH", &path, &headers, Some(&body)).await);
            }
        });
    }
    clients.join_all().await;
}

pub(super) async fn odd_row(to: SocketAddr, tally: &Tally, token: &str, task: &str) {
    let mut client = Client::new(to, token).bound_to(source(0));
    let (path, change) = (format!("/api/tasks/{task}"), json!({ "description": PRIVATE }));
    let requests: [(&str, String, Option<&Value>); 4] = [
        ("GET", "/api/tasks".to_owned(), None),
        ("GET", path.clone(), None),
        ("PATCH", path.clone(), Some(&change)),
        ("PATCH", format!("{path}/complete"), None),
    ];
    let mut turns = Turns::new(20, 1);
    for (method, path, body) in requests.iter().cycle() {
        turns.next().await;
        tally.outcome(&client.send(method, path, &[], *body).await);
    }
}

pub(super) async fn failing_writes(
    to: SocketAddr,
    tally: &Tally,
    strangers: Vec<String>,
    hot: &str,
    task: &str,
    clients: u32,
    per_second: u32,
) {
    let mut all = JoinSet::new();
    for (number, token) in (0..).zip(strangers) {
        let (mut client, tally) = (Client::new(to, &token).bound_to(source(number)), tally.clone());
        all.spawn(async move {
            let mut turns = Turns::new(per_second, 1);
            loop {
                turns.next().await;
                let outcome = client.send("POST", "/api/tasks", &[], Some(&json!({ "title": PRIVATE }))).await;
                tally.outcome(&outcome);
                if outcome.is_err() {
                    sleep(Duration::from_millis(10)).await;
                }
            }
        });
    }
    for _ in 0..clients {
        let (mut client, tally) = (Client::new(to, hot).bound_to(source(0)), tally.clone());
        let path = format!("/api/tasks/{task}");
        all.spawn(async move {
            let mut turns = Turns::new(per_second, clients);
            for turn in 0_u64.. {
                turns.next().await;
                let change = json!({ "description": format!("{PRIVATE} {turn}") });
                tally.outcome(&client.send("PATCH", &path, &[], Some(&change)).await);
            }
        });
    }
    all.join_all().await;
}
