//! What became of writes: what each was told, compared with what is stored.

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

/// The description of a task as it is created, and after it was changed.
pub(crate) const FIRST: &str = "a-private-matter, as created";
pub(crate) const SECOND: &str = "a-private-matter, as changed";

/// What a write was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    NotSent,
    Acknowledged,
    /// It may have taken place or not: the client knows nothing, or that the service did not know.
    InDoubt,
    /// It has not taken place.
    Refused,
}

impl Fate {
    pub(crate) fn of(outcome: Result<(), Failure>) -> Self {
        match outcome {
            Ok(()) => Self::Acknowledged,
            Err(Failure::Refused | Failure::Status(400..500)) => Self::Refused,
            Err(_) => Self::InDoubt,
        }
    }
}

/// The life of a task: it is created, perhaps changed, perhaps deleted. Its title is its own.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) title: String,
    /// From the answer to its creation.
    pub(crate) id: Option<String>,
    pub(crate) create: Fate,
    pub(crate) update: Fate,
    pub(crate) delete: Fate,
}

/// A task as it is stored.
#[derive(Debug)]
struct Stored {
    id: String,
    description: String,
}

impl Write {
    /// What of it is lost or wrong, in words.
    fn fault(&self, stored: &[Stored]) -> Option<&'static str> {
        let Some(stored) = stored.first() else {
            let may_be_gone =
                self.create != Fate::Acknowledged || matches!(self.delete, Fate::Acknowledged | Fate::InDoubt);
            return if may_be_gone { None } else { Some("created, and not there") };
        };
        match self {
            Self { create: Fate::Refused | Fate::NotSent, .. } => Some("refused, and there"),
            Self { delete: Fate::Acknowledged, .. } => Some("deleted, and there"),
            Self { id: Some(id), .. } if *id != stored.id => Some("there under another id"),
            Self { update: Fate::Acknowledged, .. } if stored.description != SECOND => Some("changed, and as before"),
            Self { update: Fate::NotSent | Fate::Refused, .. } if stored.description != FIRST => {
                Some("changed by nobody")
            }
            _ => None,
        }
    }
}

/// Compares what writes were told with what is stored.
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

/// Reads all tasks of these users from a service that is well, and compares them with what their writes were told.
pub(crate) async fn verify(
    context: &Context,
    address: SocketAddr,
    writes: &BTreeMap<String, Vec<Write>>,
) -> anyhow::Result<Measured> {
    verify_with(&|user| context.token(user), address, writes).await
}

/// The same with tokens of another kind.
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
        for task in page["data"].as_array().context("a list has tasks")? {
            let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
            tasks.entry(text("title")).or_default().push(Stored { id: text("id"), description: text("description") });
        }
        match page["meta"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/tasks?limit=1000&cursor={cursor}"),
            None => return Ok(tasks),
        }
    }
}

/// Reads again and again until the service is well.
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

    /// How many are lost and twice if these are stored under the title.
    fn judged(write: &Write, stored: &[(&str, &str)]) -> (u64, u64) {
        let stored = stored
            .iter()
            .map(|(id, description)| Stored { id: (*id).to_owned(), description: (*description).to_owned() });
        let measured = judge(std::slice::from_ref(write), &[("t".to_owned(), stored.collect())].into());
        (measured.lost.unwrap(), measured.twice.unwrap())
    }

    #[test]
    fn what_was_acknowledged_must_be_there_and_as_it_was_left() {
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
    fn what_is_in_doubt_may_be_either_way_but_not_twice() {
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
    fn what_was_refused_must_not_be_there() {
        assert_eq!(judged(&write(Fate::Refused, NOT_SENT, NOT_SENT), &[("1", FIRST)]), (1, 0));
    }
}
