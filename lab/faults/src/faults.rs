//! All checks, a file for each group.

mod attacks;
mod clients;
mod crash;
mod disk;
mod files;
mod key_set;
mod locks;
mod log;
mod network;
mod replicas;
mod restart;
mod retries;
mod start;
mod stop;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{Fault, context::Context, http::Client, promises::Measured};

/// Every check, in the order in which they run.
pub(crate) fn all() -> Vec<Fault> {
    [
        restart::faults(),
        network::faults(),
        locks::faults(),
        disk::faults(),
        crash::faults(),
        stop::faults(),
        start::faults(),
        replicas::faults(),
        retries::faults(),
        key_set::faults(),
        files::faults(),
        clients::faults(),
        attacks::faults(),
        log::faults(),
        crate::history::faults(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// During a fault `/health/live` must succeed, since restarting the service would not help.
async fn liveness(address: SocketAddr) -> Measured {
    sleep(Duration::from_millis(500)).await;
    let begin = Instant::now();
    let answer = Client::new(address, "").get("/health/live").await.map(|response| response.status);
    let took = begin.elapsed();
    let mut measured = Measured::default();
    measured.must(
        answer == Ok(200) && took < Duration::from_secs(1),
        "/health/live succeeds within a second",
        &(answer, took),
    );
    measured
}

/// Checks that reads succeed during this time, one after the other.
async fn readable(context: &Context, address: SocketAddr, span: Duration) -> Measured {
    let mut client = Client::new(address, &context.token("reader"));
    let mut measured = Measured::default();
    let begin = Instant::now();
    while begin.elapsed() < span {
        let asked = Instant::now();
        let answer = client.get("/api/tasks").await.map(|response| response.status);
        let continues = answer == Ok(200) && asked.elapsed() < Duration::from_secs(1);
        measured.must(continues, "reads continue", &(answer, asked.elapsed()));
        sleep(Duration::from_millis(50)).await;
    }
    measured
}
