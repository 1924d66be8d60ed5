//! Checks a history. No user may see or change tasks of another user. No task may exist twice. The answers to each user must be
//! linearizable: there is an order of the requests that explains all answers, in which a request that was answered before
//! another one was sent comes first. Then there are no lost updates, resurrected tasks or stale reads.
//!
//! The search is that of Wing and Gong, with Lowe's set of visited states.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::model::{Answer, Name, Operation, Owner, Seen, Tasks};

/// Descriptions of all violations.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Answers that fit no order, and lists in the wrong order.
    pub(crate) anomalies: Vec<String>,
    /// Tasks that were created more than once.
    pub(crate) twice: Vec<String>,
    /// Answers that show or change tasks of another user.
    pub(crate) foreign: Vec<String>,
}

pub(crate) fn check(operations: &[Operation]) -> Findings {
    let mut findings =
        Findings { foreign: foreign(operations), twice: twice(operations), anomalies: unsorted(operations) };
    let mut by_owner: BTreeMap<Owner, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        // A request for another user's task is not part of the owner's history. If it succeeds, it counts as foreign.
        let is_own = operation.request.name().is_none_or(|name| name.owner == operation.owner);
        if is_own && operation.answer != Answer::Rejected {
            by_owner.entry(operation.owner).or_default().push(operation);
        }
    }
    findings.anomalies.extend(by_owner.into_values().filter_map(|operations| order(operations).err()));
    findings
}

/// Answers that show another user's task or name, or that change another user's task.
fn foreign(operations: &[Operation]) -> Vec<String> {
    let mut owners: BTreeMap<&str, BTreeSet<Owner>> = BTreeMap::new();
    for seen in operations.iter().flat_map(|operation| operation.answer.seen()) {
        owners.entry(&seen.id).or_default().insert(seen.name.owner);
    }
    let is_foreign = |operation: &&Operation| {
        let owner = operation.owner;
        let touches = operation.request.name().is_some_and(|name| name.owner != owner)
            && !matches!(operation.answer, Answer::Absent | Answer::Rejected | Answer::Unknown);
        let shows = operation.answer.seen().iter().any(|seen| seen.name.owner != owner);
        let mut ids = operation
            .text
            .split(|c: char| !matches!(c, '0'..='9' | 'a'..='f' | '-'))
            .filter_map(|word| owners.get(word));
        touches
            || shows
            || names_another(&operation.text, owner)
            || ids.any(|owners| owners.iter().any(|other| *other != owner))
    };
    operations.iter().filter(is_foreign).map(|operation| format!("{operation:?}")).collect()
}

/// Whether the text names a different user.
fn names_another(text: &str, owner: Owner) -> bool {
    let own = owner.to_string();
    text.match_indices(Owner::PREFIX).any(|(at, _)| !text[at..].starts_with(&own))
}

/// Tasks with several ids, and ids with several tasks.
fn twice(operations: &[Operation]) -> Vec<String> {
    let mut ids: BTreeMap<Name, BTreeSet<&str>> = BTreeMap::new();
    let mut names: BTreeMap<&str, BTreeSet<Name>> = BTreeMap::new();
    for Seen { id, name, .. } in operations.iter().flat_map(|operation| operation.answer.seen()) {
        ids.entry(*name).or_default().insert(id);
        names.entry(id).or_default().insert(*name);
    }
    let ids = ids.iter().filter(|(_, ids)| ids.len() > 1).map(|pair| format!("{pair:?}"));
    let names = names.iter().filter(|(_, names)| names.len() > 1).map(|pair| format!("{pair:?}"));
    ids.chain(names).collect()
}

/// Lists that are not newest first. Ids grow with time.
fn unsorted(operations: &[Operation]) -> Vec<String> {
    let is_unsorted = |operation: &&Operation| !operation.answer.seen().is_sorted_by(|one, next| one.id > next.id);
    operations.iter().filter(is_unsorted).map(|operation| format!("not newest first: {operation:?}")).collect()
}

/// The limit of visited states. A hundred requests with few unknown answers need about two hundred.
const MAX_STATES: usize = 10_000;

/// A state of the search: the operations that have been ordered, and the tasks after them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    placed: Vec<bool>,
    tasks: Tasks,
}

/// Finds an order that explains all answers to one user, or describes the longest one that was found.
fn order(mut operations: Vec<&Operation>) -> Result<(), String> {
    operations.sort_by_key(|operation| operation.start);
    let start = Place { placed: vec![false; operations.len()], tasks: Tasks::default() };
    let (mut visited, mut open, mut furthest) = (HashSet::new(), vec![start.clone()], start);
    while let Some(place) = open.pop() {
        let candidates = place.candidates(&operations);
        if candidates.is_empty() {
            return Ok(());
        }
        if visited.len() > MAX_STATES {
            return Err(format!("undecided after {MAX_STATES} states; {}", furthest.described(&operations)));
        }
        let next = candidates.iter().filter_map(|index| place.with(*index, operations[*index]));
        let mut next: Vec<Place> = next.filter(|next| next.is_possible(&operations)).collect();
        // An operation that changes nothing is ordered as soon as it fits, since that excludes no later one.
        if let Some(reading) = next.iter().position(|next| next.tasks == place.tasks) {
            next = vec![next.swap_remove(reading)];
        }
        if place.count() > furthest.count() {
            furthest = place;
        }
        open.extend(next.into_iter().filter(|next| visited.insert(next.clone())));
    }
    Err(format!("no order; {}", furthest.described(&operations)))
}

impl Place {
    /// The operations that may come next: those that were sent before the earliest answer that is not yet ordered. Empty if
    /// all known answers are ordered. Operations with an unknown answer come first, so that they are tried last.
    fn candidates(&self, operations: &[&Operation]) -> Vec<usize> {
        let open = || (0..operations.len()).filter(|index| !self.placed[*index]);
        let is_known = |index: &usize| operations[*index].answer != Answer::Unknown;
        let Some(first_end) = open().filter(is_known).map(|index| operations[index].end).min() else {
            return Vec::new();
        };
        let mut candidates: Vec<usize> = open().take_while(|index| operations[*index].start <= first_end).collect();
        candidates.sort_by_key(is_known);
        candidates
    }

    fn with(&self, index: usize, operation: &Operation) -> Option<Self> {
        let tasks = self.tasks.after(&operation.request, &operation.answer)?;
        let mut placed = self.placed.clone();
        placed[index] = true;
        Some(Self { placed, tasks })
    }

    /// Whether the remaining answers are still possible. Versions only grow, so an answer with a lower version than the task
    /// has is not. This prunes nearly all wrong orders early.
    fn is_possible(&self, operations: &[&Operation]) -> bool {
        let open = operations.iter().zip(&self.placed).filter(|(_, placed)| !**placed);
        open.flat_map(|(operation, _)| operation.needs()).all(|(number, version)| self.tasks.may_reach(number, version))
    }

    fn count(&self) -> usize {
        self.placed.iter().filter(|placed| **placed).count()
    }

    fn described(&self, operations: &[&Operation]) -> String {
        let stuck: Vec<&Operation> = self.candidates(operations).iter().map(|index| operations[*index]).collect();
        let (count, all, tasks) = (self.count(), operations.len(), &self.tasks);
        format!("after {count} of {all}, with {tasks:?}, stuck at {stuck:?}")
    }
}

#[cfg(test)]
mod tests;
