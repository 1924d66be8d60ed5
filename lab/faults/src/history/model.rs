//! A model of a user's tasks: their states, the requests, and the answers that are possible. A text is represented by a number.
//! Every request of a user writes a different text, so each text shows which request wrote it.

use std::{collections::BTreeMap, fmt, time::Duration};

/// A user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(pub(crate) u32);

/// Identifies a task in a history by its owner and a number, without its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub(crate) owner: Owner,
    pub(crate) number: u32,
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    pub(crate) version: u32,
    pub(crate) title: u32,
    pub(crate) description: Option<u32>,
    pub(crate) completed: bool,
}

/// A change of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) title: Option<u32>,
    pub(crate) description: Description,
    pub(crate) completed: Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Description {
    Keep,
    Clear,
    Set(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completed {
    Keep,
    Set(bool),
    Toggle,
}

impl Change {
    /// Whether it changes at most `completed`.
    pub(crate) fn is_completion(&self) -> bool {
        self.title.is_none() && self.description == Description::Keep
    }
}

impl State {
    fn after(self, change: Change) -> Self {
        Self {
            version: self.version + 1,
            title: change.title.unwrap_or(self.title),
            description: match change.description {
                Description::Keep => self.description,
                Description::Clear => None,
                Description::Set(number) => Some(number),
            },
            completed: match change.completed {
                Completed::Keep => self.completed,
                Completed::Set(completed) => completed,
                Completed::Toggle => !self.completed,
            },
        }
    }
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// With a key it may be repeated as the same request.
    Create {
        name: Name,
        first: State,
        has_key: bool,
    },
    Get {
        name: Name,
        if_none_match: Option<u32>,
    },
    /// All tasks, or only completed or open ones. If it is not `whole`, it is one page and tasks may be missing.
    List {
        completed: Option<bool>,
        whole: bool,
    },
    Change {
        name: Name,
        if_match: Option<u32>,
        change: Change,
    },
    Delete {
        name: Name,
        if_match: Option<u32>,
    },
}

impl Request {
    /// The task of the request. `None` for a list.
    pub(crate) fn name(&self) -> Option<Name> {
        match self {
            Self::Create { name, .. }
            | Self::Get { name, .. }
            | Self::Change { name, .. }
            | Self::Delete { name, .. } => Some(*name),
            Self::List { .. } => None,
        }
    }
}

/// A task in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) name: Name,
    pub(crate) state: State,
}

/// What a response says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Created(Seen),
    /// Created by an earlier request with the same key.
    Replayed(Seen),
    Is(Seen),
    Are(Vec<Seen>),
    /// Not modified since the known version.
    Unchanged,
    Deleted,
    /// There is no such task.
    Absent,
    /// The version of the task does not match `If-Match`.
    Conflict(Seen),
    /// The request was not executed. This says nothing about tasks.
    Rejected,
    /// The request may have been executed or not.
    Unknown,
}

impl Answer {
    /// The kinds that contain information about tasks.
    pub(crate) const KINDS: [&str; 8] =
        ["created", "replayed", "is", "are", "unchanged", "deleted", "absent", "conflict"];

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Replayed(_) => "replayed",
            Self::Is(_) => "is",
            Self::Are(_) => "are",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Absent => "absent",
            Self::Conflict(_) => "conflict",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn seen(&self) -> &[Seen] {
        match self {
            Self::Created(seen) | Self::Replayed(seen) | Self::Is(seen) | Self::Conflict(seen) => {
                std::slice::from_ref(seen)
            }
            Self::Are(seen) => seen,
            _ => &[],
        }
    }
}

/// A request with its answer, and the times at which both were sent and received.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) owner: Owner,
    pub(crate) start: Duration,
    pub(crate) end: Duration,
    pub(crate) request: Request,
    pub(crate) answer: Answer,
    /// The response as text.
    pub(crate) text: String,
}

impl Operation {
    /// The numbers and versions of tasks that this answer requires.
    pub(crate) fn needs(&self) -> Vec<(u32, u32)> {
        match (&self.request, &self.answer) {
            (Request::Create { .. }, _) => Vec::new(),
            (Request::Change { .. }, Answer::Is(seen)) => vec![(seen.name.number, seen.state.version - 1)],
            (Request::Get { name, if_none_match: Some(version) }, Answer::Unchanged) => vec![(name.number, *version)],
            (_, answer) => answer.seen().iter().map(|seen| (seen.name.number, seen.state.version)).collect(),
        }
    }
}

/// The tasks of a user by number. Deleted ones are `None`; those not yet created have no entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Tasks(BTreeMap<u32, Option<State>>);

impl Tasks {
    /// The tasks after this request, if it can have this answer now. An unknown answer is treated as an execution.
    pub(crate) fn after(&self, request: &Request, answer: &Answer) -> Option<Self> {
        use {Answer as A, Request as R};

        let now = request.name().and_then(|name| self.present(name.number));
        let fits = |if_match: &Option<u32>| now.filter(|now| if_match.is_none_or(|version| version == now.version));
        match (request, answer) {
            (R::Create { name, first, .. }, A::Created(seen)) if seen.state == *first => self.with_new(*name, *first),
            (R::Create { name, first, .. }, A::Unknown) => self.with_new(*name, *first),
            (R::Create { name, first, has_key: true }, A::Replayed(seen)) => {
                self.if_so(self.0.contains_key(&name.number) && seen.state == *first)
            }
            (R::Get { .. }, A::Is(seen)) => self.if_so(now == Some(seen.state)),
            (R::Get { if_none_match: Some(known), .. }, A::Unchanged) => {
                self.if_so(now.is_some_and(|now| now.version == *known))
            }
            (R::List { completed, whole }, A::Are(seen)) => self.if_so(self.lists(seen, *completed, *whole)),
            (R::Change { name, if_match, change }, A::Is(seen)) => {
                let then = fits(if_match)?.after(*change);
                (seen.state == then).then(|| self.with(*name, Some(then)))
            }
            (R::Change { name, if_match, change }, A::Unknown) => {
                Some(self.with(*name, Some(fits(if_match)?.after(*change))))
            }
            (R::Delete { name, if_match }, A::Deleted | A::Unknown) => {
                fits(if_match).map(|_goes| self.with(*name, None))
            }
            (
                R::Change { if_match: Some(version), .. } | R::Delete { if_match: Some(version), .. },
                A::Conflict(seen),
            ) => self.if_so(now == Some(seen.state) && seen.state.version != *version),
            (R::Get { .. } | R::Change { .. } | R::Delete { .. }, A::Absent) => self.if_so(now.is_none()),
            _ => None,
        }
    }

    /// Whether the task has this version or may still get it.
    pub(crate) fn may_reach(&self, number: u32, version: u32) -> bool {
        match self.0.get(&number) {
            None => true,
            Some(now) => now.is_some_and(|now| now.version <= version),
        }
    }

    fn present(&self, number: u32) -> Option<State> {
        self.0.get(&number).copied().flatten()
    }

    fn lists(&self, seen: &[Seen], completed: Option<bool>, whole: bool) -> bool {
        let belongs = |state: &State| completed.is_none_or(|completed| completed == state.completed);
        let all = self.0.values().flatten().filter(|state| belongs(state)).count();
        let is_there = |seen: &Seen| self.present(seen.name.number) == Some(seen.state) && belongs(&seen.state);
        seen.iter().all(is_there) && (seen.len() == all || !whole)
    }

    fn if_so(&self, holds: bool) -> Option<Self> {
        holds.then(|| self.clone())
    }

    fn with_new(&self, name: Name, first: State) -> Option<Self> {
        (!self.0.contains_key(&name.number)).then(|| self.with(name, Some(first)))
    }

    fn with(&self, name: Name, state: Option<State>) -> Self {
        let mut tasks = self.0.clone();
        tasks.insert(name.number, state);
        Self(tasks)
    }
}

/// All names have the same length, so that none is a prefix of another.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:06}", Self::PREFIX, self.0)
    }
}

impl Owner {
    pub(crate) const PREFIX: &str = "owner-";
}
