//! The cases of single tasks: create, get, update, complete, delete.

use time::{Duration, OffsetDateTime};

use super::super::{FixedClock, alice, bob, nobody, titled};
use crate::{
    Clock, CompletedChange, CreateOptions, Description, FieldChange, IdSource, NewTask, OwnerId, Precondition,
    RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, Title, UpdateOutcome, UuidV7Ids,
    Version,
};

pub(super) fn title(text: &str) -> Title {
    Title::try_from(text).unwrap()
}

fn description(text: &str) -> Description {
    Description::try_from(text.to_owned()).unwrap()
}

pub(super) fn groceries() -> NewTask {
    NewTask { description: Some(description("Milk, eggs, bread")), ..titled("Buy groceries") }
}

pub(super) fn now() -> Timestamp {
    FixedClock::default().now()
}

pub(super) fn later(by: Duration) -> Timestamp {
    (OffsetDateTime::from(now()) + by).into()
}

fn toggle() -> TaskChanges {
    TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() }
}

pub(super) fn renamed() -> TaskChanges {
    TaskChanges { title: Some(title("Buy wine")), ..TaskChanges::default() }
}

pub(super) fn fresh_id() -> TaskId {
    UuidV7Ids::default().next(now()).into()
}

/// Changes a task of Alice without a precondition and returns it.
pub(super) async fn change(tasks: &dyn TaskRepository, id: TaskId, changes: &TaskChanges, now: Timestamp) -> Task {
    match tasks.update(&alice().id, id, changes, &Precondition::None, now).await.unwrap() {
        UpdateOutcome::Done(task) => task,
        other => panic!("not changed: {other:?}"),
    }
}

pub(super) async fn delete(tasks: &dyn TaskRepository, owner: &OwnerId, id: TaskId) -> UpdateOutcome<Task, ()> {
    tasks.delete(owner, id, &Precondition::None).await.unwrap()
}

fn seen(versions: &[i64]) -> Precondition {
    Precondition::Version(versions.iter().copied().map(Version::from).collect())
}

pub(super) async fn create(tasks: &dyn TaskRepository, task: &NewTask) -> Task {
    create_as(tasks, &alice().id, fresh_id(), task).await
}

pub(super) async fn create_as(tasks: &dyn TaskRepository, owner: &OwnerId, id: TaskId, task: &NewTask) -> Task {
    tasks.create(owner, id, task, &CreateOptions::default(), now()).await.unwrap().created().unwrap()
}

pub(super) async fn list(tasks: &dyn TaskRepository, query: TaskQuery) -> Vec<TaskId> {
    let page = tasks.list(&alice().id, &query).await.unwrap();
    page.items.iter().map(|task| task.id).collect()
}

pub async fn a_created_task_is_returned_whole_and_found_again(tasks: &dyn TaskRepository) {
    let id = fresh_id();

    let created = create_as(tasks, &alice().id, id, &groceries()).await;

    let expected = Task {
        id,
        owner: alice().id,
        title: title("Buy groceries"),
        description: Some(description("Milk, eggs, bread")),
        completed: false,
        created_at: now(),
        updated_at: now(),
        version: Version::FIRST,
    };
    assert_eq!(created, expected);
    assert_eq!(tasks.get(&alice().id, id).await.unwrap(), Some(expected));
}

pub async fn a_task_of_an_unknown_user_is_rejected(tasks: &dyn TaskRepository) {
    let options = CreateOptions::default();
    let outcome = tasks.create(&nobody().id, fresh_id(), &groceries(), &options, now()).await;

    assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");
}

pub async fn text_is_stored_unchanged(tasks: &dyn TaskRepository) {
    let texts = [
        "é and e\u{301} are not made equal",
        "👩‍👩‍👧‍👦 \u{202E}right to left\u{202C} \u{FFFF}",
        "'; DROP TABLE tasks; -- %_\\ \"quoted\" $1 ?",
        "ｆｕｌｌ　ｗｉｄｔｈ",
    ];
    for text in texts {
        let task = NewTask { description: Some(description(text)), completed: true, ..titled(text) };

        let created = create(tasks, &task).await;
        let found = tasks.get(&alice().id, created.id).await.unwrap().unwrap();

        assert_eq!((found.title.as_str(), found.completed), (text, true));
        assert_eq!(found.description, Some(description(text)));
    }
    for text in ["", " \t\r\n ", "first\nsecond\r\n\tthird "] {
        let task = NewTask { description: Some(description(text)), ..groceries() };

        assert_eq!(create(tasks, &task).await.description, Some(description(text)));
    }
}

pub async fn a_missing_task_is_not_found(tasks: &dyn TaskRepository) {
    assert_eq!(tasks.get(&alice().id, fresh_id()).await.unwrap(), None);
}

pub async fn an_update_changes_only_the_fields_it_names(tasks: &dyn TaskRepository) {
    let before = create(tasks, &groceries()).await;
    let moment = later(Duration::SECOND);

    let after = change(tasks, before.id, &renamed(), moment).await;

    let expected = Task { title: title("Buy wine"), updated_at: moment, version: Version::from(2), ..before };
    assert_eq!(after, expected);
    assert_eq!(tasks.get(&alice().id, after.id).await.unwrap(), Some(expected));
}

pub async fn an_update_clears_a_description(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let changes = |description| TaskChanges { description, ..TaskChanges::default() };

    let cleared = change(tasks, task.id, &changes(FieldChange::Clear), now()).await;
    assert_eq!(cleared.description, None);

    let set = changes(FieldChange::Set(description("Bread")));
    let set = change(tasks, task.id, &set, now()).await;
    assert_eq!(set.description, Some(description("Bread")));
}

pub async fn every_change_adds_one_to_the_version(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let mut versions = vec![task.version.get()];

    for changes in [renamed(), toggle(), renamed()] {
        let changed = change(tasks, task.id, &changes, now()).await;
        versions.push(changed.version.get());
    }

    assert_eq!(versions, [1, 2, 3, 4]);
}

pub async fn completed_is_set_or_toggled(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let steps = [
        (CompletedChange::Toggle, true),
        (CompletedChange::Toggle, false),
        (CompletedChange::Set(true), true),
        (CompletedChange::Set(true), true),
        (CompletedChange::Set(false), false),
    ];

    for (completed, expected) in steps {
        let changes = TaskChanges { completed, ..TaskChanges::default() };
        let after = change(tasks, task.id, &changes, now()).await;
        assert_eq!(after.completed, expected, "after {completed:?}");
    }
}

pub async fn a_missing_task_is_not_updated(tasks: &dyn TaskRepository) {
    let outcome = tasks.update(&alice().id, fresh_id(), &renamed(), &Precondition::None, now()).await.unwrap();

    assert_eq!(outcome, UpdateOutcome::Absent);
}

pub async fn updated_at_never_goes_backwards(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let changed = change(tasks, task.id, &renamed(), later(-Duration::HOUR)).await;

    assert_eq!((changed.created_at, changed.updated_at), (now(), now()));
}

/// A store that keeps times as text without trailing zeros would order `.5` after `.51`.
pub async fn updated_at_follows_the_clock_to_the_millisecond(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    for millisecond in [5, 10, 100, 500, 501, 510, 999, 1000, 1001, 1100, 60_000] {
        let moment = later(Duration::milliseconds(millisecond));

        let changed = change(tasks, task.id, &toggle(), moment).await;

        assert_eq!(changed.updated_at, moment, "after {millisecond} ms");
    }
}

pub async fn a_deleted_task_stays_deleted(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let other = create(tasks, &groceries()).await;

    assert_eq!(delete(tasks, &alice().id, task.id).await, UpdateOutcome::Done(()));

    assert_eq!(delete(tasks, &alice().id, task.id).await, UpdateOutcome::Absent);
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), None);
    let update = tasks.update(&alice().id, task.id, &renamed(), &Precondition::None, now()).await.unwrap();
    assert_eq!(update, UpdateOutcome::Absent);
    assert_eq!(list(tasks, TaskQuery::default()).await, [other.id]);
}

pub async fn a_stranger_gets_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    assert_eq!(tasks.get(&bob().id, task.id).await.unwrap(), None);
}

pub async fn a_stranger_updates_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for changes in [renamed(), toggle()] {
        for precondition in [Precondition::None, seen(&[1]), seen(&[7])] {
            let outcome = tasks.update(&bob().id, task.id, &changes, &precondition, now()).await.unwrap();
            assert_eq!(outcome, UpdateOutcome::Absent);
        }
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn a_stranger_deletes_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for precondition in [Precondition::None, seen(&[1]), seen(&[7])] {
        assert_eq!(tasks.delete(&bob().id, task.id, &precondition).await.unwrap(), UpdateOutcome::Absent);
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn two_users_may_have_the_same_task_id(tasks: &dyn TaskRepository) {
    let hers = create(tasks, &groceries()).await;
    let his = create_as(tasks, &bob().id, hers.id, &titled("Bob's")).await;

    assert_eq!(delete(tasks, &alice().id, hers.id).await, UpdateOutcome::Done(()));

    assert_eq!(tasks.get(&bob().id, his.id).await.unwrap(), Some(his));
}

pub async fn concurrent_toggles_are_all_counted(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let owner = alice().id;
    let toggle = toggle();
    let toggled = || change(tasks, task.id, &toggle, now());

    let changed: [Task; 5] = tokio::join!(toggled(), toggled(), toggled(), toggled(), toggled()).into();

    let mut versions: Vec<i64> = changed.map(|task| task.version.get()).into();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6]);
    let last = tasks.get(&owner, task.id).await.unwrap().unwrap();
    assert_eq!((last.version.get(), last.completed), (6, true));
}

pub async fn a_change_of_a_seen_version_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let outcome = tasks.update(&alice().id, task.id, &renamed(), &seen(&[1]), now()).await.unwrap();
    assert!(matches!(outcome, UpdateOutcome::Done(task) if task.version.get() == 2));
    let outcome = tasks.update(&alice().id, task.id, &toggle(), &seen(&[7, 2]), now()).await.unwrap();
    assert!(matches!(outcome, UpdateOutcome::Done(task) if task.version.get() == 3));
    assert_eq!(tasks.delete(&alice().id, task.id, &seen(&[3])).await.unwrap(), UpdateOutcome::Done(()));
}

pub async fn a_change_of_another_version_returns_the_present_task(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let current = change(tasks, task.id, &renamed(), later(Duration::SECOND)).await;

    for versions in [[1].as_slice(), &[3], &[]] {
        let update = tasks.update(&alice().id, task.id, &toggle(), &seen(versions), now()).await.unwrap();
        assert_eq!(update, UpdateOutcome::Stale(current.clone()));
        let delete = tasks.delete(&alice().id, task.id, &seen(versions)).await.unwrap();
        assert_eq!(delete, UpdateOutcome::Stale(current.clone()));
    }
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(current));
}

pub async fn a_conditional_change_of_a_missing_task_finds_nothing(tasks: &dyn TaskRepository) {
    let update = tasks.update(&alice().id, fresh_id(), &toggle(), &seen(&[1]), now()).await.unwrap();
    let delete = tasks.delete(&alice().id, fresh_id(), &seen(&[1])).await.unwrap();

    assert_eq!((update, delete), (UpdateOutcome::Absent, UpdateOutcome::Absent));
}

pub async fn one_of_concurrent_changes_of_one_version_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let (owner, seen, toggle) = (alice().id, seen(&[1]), toggle());
    let attempt = || tasks.update(&owner, task.id, &toggle, &seen, now());

    let outcomes: [_; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();

    let done = outcomes.into_iter().filter(|outcome| matches!(outcome, Ok(UpdateOutcome::Done(_)))).count();
    assert_eq!(done, 1);
    assert_eq!(tasks.get(&owner, task.id).await.unwrap().unwrap().version.get(), 2);
}
