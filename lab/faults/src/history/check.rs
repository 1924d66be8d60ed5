//! Checks what was recorded. Nobody may see or touch what is another's; no task may be there twice; and each user's answers
//! must fit one order of their requests, in which none comes before one that had been answered when it was sent. That there
//! is such an order (linearizability) leaves no room for lost updates, resurrections or stale reads.
//!
//! The search is Wing's and Gong's, with Lowe's memory of where it has been.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::model::{Answer, Name, Operation, Owner, Seen, Tasks};

/// What was found that must not be, each in words.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Answers that fit no order, and lists that are in none.
    pub(crate) anomalies: Vec<String>,
    /// Tasks that were created more than once.
    pub(crate) twice: Vec<String>,
    /// What belongs to another.
    pub(crate) foreign: Vec<String>,
}

pub(crate) fn check(operations: &[Operation]) -> Findings {
    let mut findings =
        Findings { foreign: foreign(operations), twice: twice(operations), anomalies: unsorted(operations) };
    let mut by_owner: BTreeMap<Owner, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        // What reaches for another's tasks is not one of the owner's requests, and found to be foreign if it succeeds.
        let is_own = operation.request.name().is_none_or(|name| name.owner == operation.owner);
        if is_own && operation.answer != Answer::Refused {
            by_owner.entry(operation.owner).or_default().push(operation);
        }
    }
    findings.anomalies.extend(by_owner.into_values().filter_map(|operations| order(operations).err()));
    findings
}

/// What shows a task of another, names another, or does anything to a task of another.
fn foreign(operations: &[Operation]) -> Vec<String> {
    let mut owners: BTreeMap<&str, BTreeSet<Owner>> = BTreeMap::new();
    for seen in operations.iter().flat_map(|operation| operation.answer.seen()) {
        owners.entry(&seen.id).or_default().insert(seen.name.owner);
    }
    let is_foreign = |operation: &&Operation| {
        let owner = operation.owner;
        let touches = operation.request.name().is_some_and(|name| name.owner != owner)
            && !matches!(operation.answer, Answer::Absent | Answer::Refused | Answer::Unknown);
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

/// Whether a user other than this is named anywhere.
fn names_another(text: &str, owner: Owner) -> bool {
    let own = owner.to_string();
    text.match_indices(Owner::PREFIX).any(|(at, _)| !text[at..].starts_with(&own))
}

/// Tasks with several ids, and ids with several tasks of the same user.
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

/// How far a search may go. With a hundred requests and few unknown answers it ends after some two hundred.
const MOST_PLACES: usize = 10_000;

/// Where a search is: which operations have their place in the order, and what that makes of the tasks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    placed: Vec<bool>,
    tasks: Tasks,
}

/// Finds an order that explains all answers to one user, or says where every order ends.
fn order(mut operations: Vec<&Operation>) -> Result<(), String> {
    operations.sort_by_key(|operation| operation.start);
    let start = Place { placed: vec![false; operations.len()], tasks: Tasks::default() };
    let (mut been, mut open, mut furthest) = (HashSet::new(), vec![start.clone()], start);
    while let Some(place) = open.pop() {
        let candidates = place.candidates(&operations);
        if candidates.is_empty() {
            return Ok(());
        }
        if been.len() > MOST_PLACES {
            return Err(format!("undecided after {MOST_PLACES} places; {}", furthest.described(&operations)));
        }
        let next = candidates.iter().filter_map(|index| place.with(*index, operations[*index]));
        let mut next: Vec<Place> = next.filter(|next| next.leads_on(&operations)).collect();
        // What changes nothing can be placed at once where it fits: nothing that comes later minds.
        if let Some(reading) = next.iter().position(|next| next.tasks == place.tasks) {
            next = vec![next.swap_remove(reading)];
        }
        if place.count() > furthest.count() {
            furthest = place;
        }
        open.extend(next.into_iter().filter(|next| been.insert(next.clone())));
    }
    Err(format!("no order; {}", furthest.described(&operations)))
}

impl Place {
    /// The operations that may come next: those that were sent before the first of the answers without a place was there.
    /// None if every answer has one. Those that may not have taken place come first, so that they are tried last.
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

    /// Whether answers without a place may still find one. Versions only grow: an answer that needs a version that is gone
    /// never will. That is nearly always the end of a wrong way.
    fn leads_on(&self, operations: &[&Operation]) -> bool {
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
