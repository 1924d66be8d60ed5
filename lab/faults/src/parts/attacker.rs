//! The attacker: what it does, and what it gets.

mod connections;
mod requests;
mod tokens;

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::{http::Response, promises::Failure};
pub(crate) use requests::LARGE_PAGES_AT_ONCE;
pub(crate) use tokens::NO_SESSION;

/// How many connections come from one address, so that the limit of an address does not end the attack.
const FROM_ONE_ADDRESS: u8 = 250;

/// An attack on the service at an address.
#[derive(Debug, Serialize, Deserialize)]
#[expect(clippy::unsafe_derive_deserialize, reason = "the unsafe code is that of `select!`")]
pub(crate) struct Attack {
    pub(crate) address: SocketAddr,
    pub(crate) kind: Kind,
}

/// The attacks, each with what it needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Asks for files, and for long lists, and does not read half of the responses for this time, and the others ever.
    UnreadAnswers { files: u32, lists: u32, token: String, unread: Duration },
    /// Sends half a head on each connection, after a whole request.
    HalfHeads { connections: u32 },
    /// Opens connections from one address, sends a request on each, and nothing more.
    IdleConnections { connections: u32 },
    /// Opens requests with a body at this rate for each of the users, and sends a byte of each per second.
    SlowBodies { tokens: Vec<String>, per_second: u32 },
    /// Sends short requests without a token, and does not wait for responses.
    Pipelined { connections: u32 },
    /// Asks for all tasks at this rate.
    LargePages { token: String, per_second: u32 },
    /// Changes a task with long lists of versions at this rate.
    IfMatch { token: String, task: String, per_second: u32 },
    /// Reads and changes one task.
    OddRow { token: String, task: String },
    /// Creates tasks of these users without a row, and changes one task from many clients.
    FailingWrites { strangers: Vec<String>, hot: String, task: String, clients: u32, per_second: u32 },
    /// Sends tokens of this app with unknown keys, all at once.
    UnknownKeys { origin: String, connections: u32 },
    /// Sends random session tokens, and tokens with a wrong signature.
    BadTokens { connections: u32 },
}

impl Attack {
    /// Attacks until `ended`.
    pub(super) async fn until(self, ended: oneshot::Receiver<()>) -> anyhow::Result<Got> {
        // The processors are for the service and the victim: a real attacker has its own.
        rustix::process::nice(19)?;
        let (tally, to) = (Tally::default(), self.address);
        tokio::select! {
            () = self.kind.run(to, &tally) => Ok(tally.got()),
            // Before its connections are closed, which makes room for those that are just being opened.
            got = async { ended.await.map(|()| tally.got()) } => Ok(got?),
        }
    }
}

impl Kind {
    async fn run(self, to: SocketAddr, tally: &Tally) {
        match self {
            Self::UnreadAnswers { files, lists, token, unread } => {
                connections::unread_answers(to, tally, files, lists, &token, unread).await;
            }
            Self::HalfHeads { connections } => connections::half_heads(to, tally, connections).await,
            Self::IdleConnections { connections } => connections::idle(to, tally, connections).await,
            Self::SlowBodies { tokens, per_second } => connections::slow_bodies(to, tally, tokens, per_second).await,
            Self::Pipelined { connections } => connections::pipelined(to, tally, connections).await,
            Self::LargePages { token, per_second } => requests::large_pages(to, tally, &token, per_second).await,
            Self::IfMatch { token, task, per_second } => {
                requests::if_match(to, tally, &token, &task, per_second).await;
            }
            Self::OddRow { token, task } => requests::odd_row(to, tally, &token, &task).await,
            Self::FailingWrites { strangers, hot, task, clients, per_second } => {
                requests::failing_writes(to, tally, strangers, &hot, &task, clients, per_second).await;
            }
            Self::UnknownKeys { origin, connections } => tokens::unknown_keys(to, tally, &origin, connections).await,
            Self::BadTokens { connections } => tokens::bad_tokens(to, tally, connections).await,
        }
    }
}

/// The address from which this connection comes.
fn source(number: u32) -> IpAddr {
    let block = u8::try_from(number / u32::from(FROM_ONE_ADDRESS)).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, 0, 1, block).into()
}

/// What the attacker got.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Got {
    /// How often each thing happened: responses by status, ends of connections.
    pub(crate) counts: BTreeMap<String, u64>,
    /// The largest of each measure.
    pub(crate) most: BTreeMap<String, u64>,
}

impl Got {
    /// How often this happened.
    pub(crate) fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// What else happened than this, and how often.
    pub(crate) fn others(&self, expected: &[&str]) -> BTreeMap<&str, u64> {
        let each = self.counts.iter().map(|(what, times)| (what.as_str(), *times));
        each.filter(|(what, _)| !expected.contains(what)).collect()
    }

    /// How much happened.
    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.iter().map(|(what, times)| format!("{what} ×{times}"));
        let most = self.most.iter().map(|(what, most)| format!("{what} {most}"));
        f.write_str(&counts.chain(most).collect::<Vec<_>>().join(", "))
    }
}

/// Counts, from any task.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<Got>>);

impl Tally {
    fn count(&self, what: impl fmt::Display) {
        self.change(|got| *got.counts.entry(what.to_string()).or_default() += 1);
    }

    /// Counts how a request ended.
    fn outcome(&self, outcome: &Result<Response, Failure>) {
        match outcome {
            Ok(response) => self.count(response.status),
            Err(failure) => self.count(failure),
        }
    }

    fn most(&self, what: &str, value: u64) {
        self.change(|got| {
            let most = got.most.entry(what.to_owned()).or_default();
            *most = value.max(*most);
        });
    }

    fn got(&self) -> Got {
        let mut copy = Got::default();
        self.change(|got| copy = got.clone());
        copy
    }

    fn change(&self, change: impl FnOnce(&mut Got)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_maxima_are_kept_apart() {
        let tally = Tally::default();
        for (status, size) in [(200, 7), (429, 9), (200, 8)] {
            tally.count(status);
            tally.most("largest", size);
        }
        let got = tally.got();
        assert_eq!((got.count("200"), got.count("500"), got.total()), (2, 0, 3));
        assert_eq!(got.others(&["200"]), [("429", 1)].into());
        assert_eq!(got.to_string(), "200 ×2, 429 ×1, largest 9");
    }

    #[test]
    fn connections_come_from_several_addresses() {
        assert_eq!(source(0), source(249));
        assert_ne!(source(249), source(250));
    }
}
