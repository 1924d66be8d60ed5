use std::time::Duration;

use super::*;
use crate::history::model::{Change, Completed, Description, Request, State};

const ALICE: Owner = Owner(1);
const BOB: Owner = Owner(2);

/// A history of Alice. Times are in milliseconds.
#[derive(Default)]
struct History(Vec<Operation>);

impl History {
    /// A history with her first task.
    fn with_a_task() -> Self {
        Self::default().then(create(), Answer::Created(seen(FIRST)))
    }

    /// Adds an operation after all others.
    fn then(self, request: Request, answer: Answer) -> Self {
        let start = 1 + self.0.iter().map(|operation| operation.end.as_millis()).max().unwrap_or_default();
        let start = u64::try_from(start).unwrap();
        self.at(start, start + 9, request, answer)
    }

    fn at(self, start: u64, end: u64, request: Request, answer: Answer) -> Self {
        self.of(ALICE, start, end, request, answer, "")
    }

    /// Adds an operation that is concurrent with all others added by this method.
    fn at_once(self, request: Request, answer: Answer) -> Self {
        self.at(100, 200, request, answer)
    }

    fn of(mut self, owner: Owner, start: u64, end: u64, request: Request, answer: Answer, text: &str) -> Self {
        let [start, end] = [start, end].map(Duration::from_millis);
        self.0.push(Operation { owner, start, end, request, answer, text: text.to_owned() });
        self
    }

    /// The numbers of anomalies, duplicates and foreign rows.
    fn found(&self) -> (usize, usize, usize) {
        let findings = check(&self.0);
        (findings.anomalies.len(), findings.twice.len(), findings.foreign.len())
    }
}

const GOOD: (usize, usize, usize) = (0, 0, 0);
const ANOMALY: (usize, usize, usize) = (1, 0, 0);

const TASK: Name = Name { owner: ALICE, number: 1 };
const FIRST: State = State { version: 1, title: 1, description: None, completed: false };
/// After `retitled(2)`.
const SECOND: State = State { version: 2, title: 2, ..FIRST };
const KEEP: Change = Change { title: None, description: Description::Keep, completed: Completed::Keep };

fn seen(state: State) -> Seen {
    seen_as("a1", TASK, state)
}

fn seen_as(id: &str, name: Name, state: State) -> Seen {
    Seen { id: id.to_owned(), name, state }
}

fn is(state: State) -> Answer {
    Answer::Is(seen(state))
}

fn create() -> Request {
    Request::Create { name: TASK, first: FIRST, has_key: true }
}

fn get() -> Request {
    Request::Get { name: TASK, if_none_match: None }
}

fn list() -> Request {
    Request::List { completed: None, whole: true }
}

fn change(if_match: Option<u32>, change: Change) -> Request {
    Request::Change { name: TASK, if_match, change }
}

fn retitled(title: u32) -> Change {
    Change { title: Some(title), ..KEEP }
}

fn toggle() -> Request {
    change(None, Change { completed: Completed::Toggle, ..KEEP })
}

fn delete() -> Request {
    Request::Delete { name: TASK, if_match: None }
}

#[test]
fn correct_sequential_history_passes() {
    let history = History::default()
        .then(list(), Answer::Are(vec![]))
        .then(get(), Answer::Absent)
        .then(create(), Answer::Created(seen(FIRST)))
        .then(list(), Answer::Are(vec![seen(FIRST)]))
        .then(change(Some(1), retitled(2)), is(SECOND))
        .then(change(Some(1), retitled(3)), Answer::Conflict(seen(SECOND)))
        .then(Request::Get { name: TASK, if_none_match: Some(2) }, Answer::Unchanged)
        .then(toggle(), is(State { version: 3, completed: true, ..SECOND }))
        .then(Request::List { completed: Some(false), whole: true }, Answer::Are(vec![]))
        .then(delete(), Answer::Deleted)
        .then(create(), Answer::Replayed(seen(FIRST)))
        .then(delete(), Answer::Absent)
        .then(list(), Answer::Are(vec![]));
    assert_eq!(history.found(), GOOD);
}

#[test]
fn concurrent_requests_may_run_in_any_order() {
    let toggled = State { version: 2, completed: true, ..FIRST };
    let history = History::with_a_task()
        .at_once(toggle(), is(State { version: 4, title: 3, description: None, completed: false }))
        .at_once(change(None, retitled(3)), is(State { version: 3, title: 3, ..toggled }))
        .at_once(toggle(), is(toggled))
        .at(150, 160, get(), is(toggled))
        .at(110, 120, get(), is(FIRST));
    assert_eq!(history.found(), GOOD);
}

#[test]
fn unanswered_request_may_run_late_or_never() {
    let in_doubt = || History::with_a_task().then(change(None, retitled(2)), Answer::Unknown);
    assert_eq!(in_doubt().then(get(), is(FIRST)).found(), GOOD);
    assert_eq!(in_doubt().then(get(), is(SECOND)).found(), GOOD);
    assert_eq!(in_doubt().then(get(), is(FIRST)).then(get(), is(SECOND)).found(), GOOD);
    assert_eq!(in_doubt().then(get(), is(SECOND)).then(get(), is(FIRST)).found(), ANOMALY);
    assert_eq!(in_doubt().then(get(), is(State { version: 3, ..SECOND })).found(), ANOMALY, "it runs at most once");
}

#[test]
fn lost_update_is_found() {
    let same_version_twice = History::with_a_task()
        .at_once(change(Some(1), retitled(2)), is(SECOND))
        .at_once(change(Some(1), retitled(3)), is(State { title: 3, ..SECOND }));
    assert_eq!(same_version_twice.found(), ANOMALY);

    let second_overwrites_the_first = History::with_a_task()
        .at_once(change(None, retitled(2)), is(SECOND))
        .at_once(toggle(), is(State { version: 3, completed: true, ..FIRST }));
    assert_eq!(second_overwrites_the_first.found(), ANOMALY);

    let update_is_missing =
        History::with_a_task().then(change(None, retitled(2)), is(SECOND)).then(list(), Answer::Are(vec![seen(FIRST)]));
    assert_eq!(update_is_missing.found(), ANOMALY);
}

#[test]
fn ignored_if_match_is_found() {
    let third = State { version: 3, title: 3, ..FIRST };
    let changed = || History::with_a_task().then(change(None, retitled(2)), is(SECOND));
    assert_eq!(changed().then(change(Some(1), retitled(3)), is(third)).found(), ANOMALY);
    let delete = Request::Delete { name: TASK, if_match: Some(1) };
    assert_eq!(changed().then(delete, Answer::Deleted).found(), ANOMALY);
    let no_conflict = changed().then(change(Some(2), retitled(3)), Answer::Conflict(seen(SECOND)));
    assert_eq!(no_conflict.found(), ANOMALY);
}

#[test]
fn resurrected_task_is_found() {
    let deleted = || History::with_a_task().then(delete(), Answer::Deleted);
    assert_eq!(deleted().then(get(), is(FIRST)).found(), ANOMALY);
    assert_eq!(deleted().then(list(), Answer::Are(vec![seen(FIRST)])).found(), ANOMALY);
    assert_eq!(deleted().then(change(None, retitled(2)), is(SECOND)).found(), ANOMALY);
    assert_eq!(deleted().then(delete(), Answer::Deleted).found(), ANOMALY);
    assert_eq!(deleted().then(create(), Answer::Created(seen(FIRST))).found(), ANOMALY);
}

#[test]
fn stale_read_is_found() {
    let changed = || History::with_a_task().then(change(None, retitled(2)), is(SECOND));
    assert_eq!(changed().then(get(), is(FIRST)).found(), ANOMALY);
    let known = Request::Get { name: TASK, if_none_match: Some(1) };
    assert_eq!(changed().then(known, Answer::Unchanged).found(), ANOMALY);
    let back_again = History::with_a_task()
        .at_once(change(None, retitled(2)), is(SECOND))
        .at(110, 120, get(), is(SECOND))
        .at(130, 140, get(), is(FIRST));
    assert_eq!(back_again.found(), ANOMALY);
}

#[test]
fn change_without_a_request_is_found() {
    assert_eq!(History::with_a_task().then(get(), is(SECOND)).found(), ANOMALY);
    let refused = History::with_a_task().then(change(None, retitled(2)), Answer::Rejected);
    assert_eq!(refused.then(get(), is(SECOND)).found(), ANOMALY);
}

#[test]
fn wrong_404_is_found() {
    assert_eq!(History::with_a_task().then(get(), Answer::Absent).found(), ANOMALY);
    assert_eq!(History::with_a_task().then(delete(), Answer::Absent).found(), ANOMALY);
    assert_eq!(History::with_a_task().then(list(), Answer::Are(vec![])).found(), ANOMALY);
    let one_page = Request::List { completed: None, whole: false };
    assert_eq!(History::with_a_task().then(one_page, Answer::Are(vec![])).found(), GOOD);
}

#[test]
fn list_is_a_snapshot() {
    let other = Name { number: 2, ..TASK };
    let first = State { title: 9, ..FIRST };
    let creates = |answer: Vec<Seen>| {
        History::with_a_task()
            .then(delete(), Answer::Deleted)
            .then(Request::Create { name: other, first, has_key: false }, Answer::Created(seen_as("a2", other, first)))
            .at(1, 100, list(), Answer::Are(answer))
    };
    assert_eq!(creates(vec![seen(FIRST)]).found(), GOOD);
    assert_eq!(creates(vec![seen_as("a2", other, first)]).found(), GOOD);
    assert_eq!(
        creates(vec![seen_as("a2", other, first), seen(FIRST)]).found(),
        ANOMALY,
        "they never existed at the same time"
    );
}

#[test]
fn list_that_is_not_newest_first_is_found() {
    let other = Name { number: 2, ..TASK };
    let first = State { title: 9, ..FIRST };
    let newer = seen_as("a2", other, first);
    let both = |list_of: Vec<Seen>| {
        History::with_a_task()
            .then(Request::Create { name: other, first, has_key: false }, Answer::Created(newer.clone()))
            .then(list(), Answer::Are(list_of))
    };
    assert_eq!(both(vec![newer.clone(), seen(FIRST)]).found(), GOOD);
    assert_eq!(both(vec![seen(FIRST), newer.clone()]).found(), ANOMALY);
}

#[test]
fn lost_toggle_is_found() {
    let twice = History::with_a_task()
        .at_once(toggle(), is(State { version: 2, completed: true, ..FIRST }))
        .at_once(toggle(), is(State { version: 3, completed: true, ..FIRST }));
    assert_eq!(twice.found(), ANOMALY);
}

#[test]
fn duplicate_under_one_key_is_found() {
    let (one, another) = (seen_as("a1", TASK, FIRST), seen_as("a2", TASK, FIRST));
    let both_acknowledged = History::default()
        .at_once(create(), Answer::Created(one.clone()))
        .at_once(create(), Answer::Created(another.clone()));
    assert_eq!(both_acknowledged.found(), (1, 1, 0));

    let in_doubt = History::default()
        .at_once(create(), Answer::Unknown)
        .at_once(create(), Answer::Unknown)
        .then(list(), Answer::Are(vec![another, one]));
    assert_eq!(in_doubt.found().1, 1);
}

#[test]
fn id_of_two_tasks_is_found() {
    let other = Name { number: 2, ..TASK };
    let create = Request::Create { name: other, first: FIRST, has_key: false };
    let history = History::with_a_task().then(create, Answer::Created(seen_as("a1", other, FIRST)));
    assert_eq!(history.found(), (0, 1, 0));
}

#[test]
fn read_of_a_foreign_task_is_found() {
    let bobs_list = |answer: Answer, text: &str| History::with_a_task().of(BOB, 100, 200, list(), answer, text).found();
    assert_eq!(bobs_list(Answer::Are(vec![]), "owner-000002"), GOOD);
    assert_eq!(bobs_list(Answer::Are(vec![]), "by owner-000001, of owner-000002").2, 1, "a name");
    assert_eq!(bobs_list(Answer::Are(vec![]), r#"{"id":"a1"}"#).2, 1, "an id");
    assert_eq!(bobs_list(Answer::Are(vec![seen(FIRST)]), "").2, 1, "a task");
}

#[test]
fn change_of_a_foreign_task_is_found() {
    let bobs = |request: Request, answer: Answer| History::with_a_task().of(BOB, 100, 200, request, answer, "");
    let harmless = bobs(change(None, retitled(2)), Answer::Absent);
    assert_eq!(harmless.found(), GOOD);
    assert_eq!(bobs(delete(), Answer::Deleted).found(), (0, 0, 1));
    assert_eq!(bobs(get(), Answer::Unchanged).found(), (0, 0, 1));
    // Bob gets 404, but the task has changed.
    assert_eq!(harmless.then(get(), is(SECOND)).found(), ANOMALY);
}

#[test]
fn many_unknown_answers_are_decided_quickly() {
    let mut history = History::with_a_task();
    for title in 2..40 {
        history = history.at_once(change(None, retitled(title)), Answer::Unknown);
    }
    let none_happened = history.then(get(), is(FIRST));
    assert_eq!(none_happened.found(), GOOD);
    assert_eq!(none_happened.then(get(), Answer::Absent).found(), ANOMALY);
}
