//! Compares the responses to writes with the stored tasks.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    context::Context,
    http::Client,
    promises::{Failure, Measured},
};

/// The description of a task when it is created, and after the change.
pub(crate) const FIRST: &str = "a-private-matter, as created";
pub(crate) const SECOND: &str = "a-private-matter, as changed";

/// A client's knowledge about a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    NotSent,
    Acknowledged,
    /// The outcome is unknown: there was no response, or the response says that it is unknown.
    InDoubt,
    /// It was not executed.
    Rejected,
}

impl Fate {
    pub(crate) fn of(outcome: Result<(), Failure>) -> Self {
        match outcome {
            Ok(()) => Self::Acknowledged,
            Err(Failure::Refused | Failure::Status(400..500)) => Self::Rejected,
            Err(_) => Self::InDoubt,
        }
    }
}

/// The writes to one task: it is created, and may be changed and deleted. Its title is unique.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) title: String,
    /// From the response to the create.
    pub(crate) id: Option<String>,
    pub(crate) create: Fate,
    pub(crate) update: Fate,
    pub(crate) delete: Fate,
}

/// A task in the database.
#[derive(Debug)]
struct Stored {
    id: String,
    description: String,
}

impl Write {
    /// Describes the lost or wrong write, if there is one.
    fn fault(&self, stored: &[Stored]) -> Option<&'static str> {
        let Some(stored) = stored.first() else {
            let may_be_gone =
                self.create != Fate::Acknowledged || matches!(self.delete, Fate::Acknowledged | Fate::InDoubt);
            return if may_be_gone { None } else { Some("created, but missing") };
        };
        match self {
            Self { create: Fate::Rejected | Fate::NotSent, .. } => Some("rejected, but stored"),
            Self { delete: Fate::Acknowledged, .. } => Some("deleted, but stored"),
            Self { id: Some(id), .. } if *id != stored.id => Some("stored under another id"),
            Self { update: Fate::Acknowledged, .. } if stored.description != SECOND => {
                Some("changed, but stored unchanged")
            }
            Self { update: Fate::NotSent | Fate::Rejected, .. } if stored.description != FIRST => {
                Some("changed without a request")
            }
            _ => None,
        }
    }
}

/// Compares writes with the stored tasks.
fn judge(writes: &[Write], stored: &HashMap<String, Vec<Stored>>) -> Measured {
    let mut measured = Measured { lost: Some(0), twice: Some(0), ..Measured::default() };
    for write in writes {
        let stored = stored.get(&write.title).map(Vec::as_slice).unwrap_or_default();
        if let Some(fault) = write.fault(stored) {
            *measured.lost.get_or_insert_default() += 1;
            measured.evidence.push(format!("{fault}: {write:?}, stored: {stored:?}"));
        }
        if stored.len() > 1 {
            *measured.twice.get_or_insert_default() += stored.len() as u64 - 1;
            measured.evidence.push(format!("twice: {write:?}, stored: {stored:?}"));
        }
    }
    measured
}

/// Reads all tasks of these users, once the service answers, and compares them with the writes.
pub(crate) async fn verify(
    context: &Context,
    address: SocketAddr,
    writes: &BTreeMap<String, Vec<Write>>,
) -> anyhow::Result<Measured> {
    verify_with(&|user| context.token(user), address, writes).await
}

/// The same with different tokens.
pub(crate) async fn verify_with(
    token: &dyn Fn(&str) -> String,
    address: SocketAddr,
    writes: &BTreeMap<String, Vec<Write>>,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    for (user, writes) in writes {
        let mut client = Client::new(address, &token(user));
        measured.add(judge(writes, &stored(&mut client).await?));
    }
    Ok(measured)
}

async fn stored(client: &mut Client) -> anyhow::Result<HashMap<String, Vec<Stored>>> {
    let mut tasks: HashMap<String, Vec<Stored>> = HashMap::new();
    let mut path = "/api/tasks?limit=1000".to_owned();
    loop {
        let page = patiently(client, &path).await?;
        for task in page["data"].as_array().context("a list without data")? {
            let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
            tasks.entry(text("title")).or_default().push(Stored { id: text("id"), description: text("description") });
        }
        match page["meta"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/tasks?limit=1000&cursor={cursor}"),
            None => return Ok(tasks),
        }
    }
}

/// Reads, and retries until the service answers.
async fn patiently(client: &mut Client, path: &str) -> anyhow::Result<Value> {
    let begin = Instant::now();
    loop {
        match client.get(path).await.and_then(|response| response.with_status(200)) {
            Ok(response) => return Ok(response.json()),
            Err(failure) if begin.elapsed() > Duration::from_secs(20) => {
                anyhow::bail!("tasks cannot be read: {failure}")
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_SENT: Fate = Fate::NotSent;
    const YES: Fate = Fate::Acknowledged;
    const DOUBT: Fate = Fate::InDoubt;

    fn write(create: Fate, update: Fate, delete: Fate) -> Write {
        Write { title: "t".to_owned(), id: (create == YES).then(|| "1".to_owned()), create, update, delete }
    }

    /// The numbers of lost writes and of duplicates if these tasks are stored.
    fn judged(write: &Write, stored: &[(&str, &str)]) -> (u64, u64) {
        let stored = stored
            .iter()
            .map(|(id, description)| Stored { id: (*id).to_owned(), description: (*description).to_owned() });
        let measured = judge(std::slice::from_ref(write), &[("t".to_owned(), stored.collect())].into());
        (measured.lost.unwrap(), measured.twice.unwrap())
    }

    #[test]
    fn acknowledged_write_must_be_stored() {
        let created = write(YES, NOT_SENT, NOT_SENT);
        assert_eq!(judged(&created, &[("1", FIRST)]), (0, 0));
        assert_eq!(judged(&created, &[]), (1, 0));
        assert_eq!(judged(&created, &[("2", FIRST)]), (1, 0));
        assert_eq!(judged(&created, &[("1", SECOND)]), (1, 0));
        let changed = write(YES, YES, NOT_SENT);
        assert_eq!(judged(&changed, &[("1", SECOND)]), (0, 0));
        assert_eq!(judged(&changed, &[("1", FIRST)]), (1, 0));
        let deleted = write(YES, NOT_SENT, YES);
        assert_eq!(judged(&deleted, &[]), (0, 0));
        assert_eq!(judged(&deleted, &[("1", FIRST)]), (1, 0));
    }

    #[test]
    fn write_in_doubt_may_be_stored_but_not_twice() {
        let created = write(DOUBT, NOT_SENT, NOT_SENT);
        assert_eq!(judged(&created, &[]), (0, 0));
        assert_eq!(judged(&created, &[("1", FIRST)]), (0, 0));
        assert_eq!(judged(&created, &[("1", FIRST), ("2", FIRST)]), (0, 1));
        let changed = write(YES, DOUBT, NOT_SENT);
        assert_eq!(judged(&changed, &[("1", FIRST)]), (0, 0));
        assert_eq!(judged(&changed, &[("1", SECOND)]), (0, 0));
        let deleted = write(YES, NOT_SENT, DOUBT);
        assert_eq!(judged(&deleted, &[]), (0, 0));
        assert_eq!(judged(&deleted, &[("1", FIRST)]), (0, 0));
    }

    #[test]
    fn rejected_write_must_not_be_stored() {
        assert_eq!(judged(&write(Fate::Rejected, NOT_SENT, NOT_SENT), &[("1", FIRST)]), (1, 0));
    }
}
