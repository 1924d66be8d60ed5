//! What every [`TaskRepository`] must do, a case a function.
//!
//! [`task_repository_contract!`](crate::task_repository_contract) makes a test of each case for one repository.

#![expect(
    missing_docs,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "these are tests: their names say what they prove, and their failure is a panic"
)]

mod creation;

use time::{Duration, OffsetDateTime};

use super::{FixedClock, SequentialIds, alice, bob, nobody};
use crate::{
    Clock, CompletedChange, Description, DescriptionChange, IdSource, NewTask, Outcome, OwnerId, PageLimit,
    Precondition, RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Timestamp, Title, UuidV7Ids,
    Version,
};

pub use creation::*;

/// Makes one named test of every case of the contract.
///
/// The fixture is a function whose future gives something that dereferences to a [`TaskRepository`], which also
/// keeps its keys and provisions users, with [`alice`] and
/// [`bob`] as users and no tasks, or `None` where such a repository is not to be had.
#[macro_export]
macro_rules! task_repository_contract {
    ($fixture:path) => {
        $crate::task_repository_contract! { @tests $fixture:
            a_created_task_is_returned_whole_and_found_again,
            a_task_for_a_user_who_does_not_exist_is_refused,
            text_is_kept_to_the_letter,
            a_missing_task_is_not_found,
            an_update_changes_what_it_names_and_keeps_the_rest,
            an_update_clears_a_description,
            every_change_counts_one_version,
            completion_is_set_or_toggled,
            a_missing_task_is_not_updated,
            updated_at_never_goes_backwards,
            updated_at_follows_the_clock_at_every_fraction_of_a_second,
            a_deleted_task_is_gone_and_stays_gone,
            a_list_is_newest_first,
            a_list_of_a_user_without_tasks_is_empty,
            a_list_is_paged_without_gap_or_overlap,
            pages_of_more_sizes_than_a_connection_remembers_are_right,
            a_page_goes_on_after_a_task_that_was_deleted,
            a_list_is_filtered_by_completion,
            a_stranger_gets_nothing,
            a_stranger_lists_nothing,
            a_stranger_updates_nothing,
            a_stranger_deletes_nothing,
            two_users_may_hold_the_same_id,
            concurrent_toggles_are_all_counted,
            a_change_of_a_version_that_was_seen_takes_place,
            a_change_of_another_version_changes_nothing_and_shows_the_task,
            a_change_of_a_version_of_a_task_that_is_gone_finds_nothing,
            of_concurrent_changes_of_one_version_one_takes_place,
            a_create_repeated_under_its_key_is_replayed,
            a_replay_shows_the_task_as_it_was_created,
            a_key_is_not_used_for_another_task,
            two_users_may_use_the_same_key,
            a_key_is_forgotten_after_its_time,
            forgotten_keys_are_free,
            a_create_that_fails_leaves_its_key_free,
            of_concurrent_creates_under_one_key_one_takes_place,
            no_more_tasks_are_created_than_the_quota_allows,
            a_create_beyond_the_quota_leaves_its_key_free,
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn random_operations_of_two_owners_never_mix() {
            if let Some(tasks) = $fixture().await {
                $crate::testing::two_owners_never_mix(&*tasks);
            }
        }
    };
    (@tests $fixture:path: $($case:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(tasks) = $fixture().await {
                    $crate::testing::contract::$case(&*tasks).await;
                }
            }
        )*
    };
}

fn title(text: &str) -> Title {
    Title::try_from(text).unwrap()
}

fn description(text: &str) -> Description {
    Description::try_from(text.to_owned()).unwrap()
}

fn groceries() -> NewTask {
    NewTask { title: title("Buy groceries"), description: Some(description("Milk, eggs, bread")), completed: false }
}

fn now() -> Timestamp {
    FixedClock::default().now()
}

fn later(by: Duration) -> Timestamp {
    (OffsetDateTime::from(now()) + by).into()
}

fn toggle() -> TaskChanges {
    TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() }
}

fn renamed() -> TaskChanges {
    TaskChanges { title: Some(title("Buy wine")), ..TaskChanges::default() }
}

fn fresh_id() -> TaskId {
    UuidV7Ids::default().next(now())
}

/// Changes a task of Alice's, whatever its version.
async fn change(tasks: &dyn TaskRepository, id: TaskId, changes: &TaskChanges, now: Timestamp) -> Task {
    match tasks.update(&alice().id, id, changes, &Precondition::None, now).await.unwrap() {
        Outcome::Done(task) => task,
        other => panic!("not changed: {other:?}"),
    }
}

async fn delete(tasks: &dyn TaskRepository, owner: &OwnerId, id: TaskId) -> Outcome<()> {
    tasks.delete(owner, id, &Precondition::None).await.unwrap()
}

fn seen(versions: &[i64]) -> Precondition {
    Precondition::Version(versions.iter().copied().map(Version::from).collect())
}

async fn create(tasks: &dyn TaskRepository, task: &NewTask) -> Task {
    tasks.create(&alice().id, fresh_id(), task, now()).await.unwrap()
}

/// Makes `count` tasks of Alice's, oldest first; every other one is completed.
async fn create_many(tasks: &dyn TaskRepository, count: usize) -> Vec<TaskId> {
    let ids = SequentialIds::default();
    let mut made = Vec::new();
    for number in 0..count {
        let task = NewTask { title: title(&format!("Task {number}")), description: None, completed: number % 2 == 1 };
        made.push(tasks.create(&alice().id, ids.next(now()), &task, now()).await.unwrap().id);
    }
    made
}

async fn list(tasks: &dyn TaskRepository, query: TaskQuery) -> Vec<TaskId> {
    let page = tasks.list(&alice().id, &query).await.unwrap();
    page.tasks.iter().map(|task| task.id).collect()
}

pub async fn a_created_task_is_returned_whole_and_found_again(tasks: &dyn TaskRepository) {
    let id = fresh_id();

    let created = tasks.create(&alice().id, id, &groceries(), now()).await.unwrap();

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

pub async fn a_task_for_a_user_who_does_not_exist_is_refused(tasks: &dyn TaskRepository) {
    let outcome = tasks.create(&nobody().id, fresh_id(), &groceries(), now()).await;

    assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");
}

pub async fn text_is_kept_to_the_letter(tasks: &dyn TaskRepository) {
    let texts = [
        "é and e\u{301} are not made equal",
        "👩‍👩‍👧‍👦 \u{202E}right to left\u{202C} \u{FFFF}",
        "'; DROP TABLE tasks; -- %_\\ \"quoted\" $1 ?",
        "ｆｕｌｌ　ｗｉｄｔｈ",
    ];
    for text in texts {
        let task = NewTask { title: title(text), description: Some(description(text)), completed: true };

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

pub async fn an_update_changes_what_it_names_and_keeps_the_rest(tasks: &dyn TaskRepository) {
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

    let cleared = change(tasks, task.id, &changes(DescriptionChange::Clear), now()).await;
    assert_eq!(cleared.description, None);

    let set = changes(DescriptionChange::Set(description("Bread")));
    let set = change(tasks, task.id, &set, now()).await;
    assert_eq!(set.description, Some(description("Bread")));
}

pub async fn every_change_counts_one_version(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let mut versions = vec![task.version.get()];

    for changes in [renamed(), toggle(), renamed()] {
        let changed = change(tasks, task.id, &changes, now()).await;
        versions.push(changed.version.get());
    }

    assert_eq!(versions, [1, 2, 3, 4]);
}

pub async fn completion_is_set_or_toggled(tasks: &dyn TaskRepository) {
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

    assert_eq!(outcome, Outcome::Absent);
}

pub async fn updated_at_never_goes_backwards(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let changed = change(tasks, task.id, &renamed(), later(-Duration::HOUR)).await;

    assert_eq!((changed.created_at, changed.updated_at), (now(), now()));
}

/// A store that keeps times as text with trailing zeros cut would order `.5` after `.51`.
pub async fn updated_at_follows_the_clock_at_every_fraction_of_a_second(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    for millisecond in [5, 10, 100, 500, 501, 510, 999, 1000, 1001, 1100, 60_000] {
        let moment = later(Duration::milliseconds(millisecond));

        let changed = change(tasks, task.id, &toggle(), moment).await;

        assert_eq!(changed.updated_at, moment, "after {millisecond} ms");
    }
}

pub async fn a_deleted_task_is_gone_and_stays_gone(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let other = create(tasks, &groceries()).await;

    assert_eq!(delete(tasks, &alice().id, task.id).await, Outcome::Done(()));

    assert_eq!(delete(tasks, &alice().id, task.id).await, Outcome::Absent);
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), None);
    let update = tasks.update(&alice().id, task.id, &renamed(), &Precondition::None, now()).await.unwrap();
    assert_eq!(update, Outcome::Absent);
    assert_eq!(list(tasks, TaskQuery::default()).await, [other.id]);
}

pub async fn a_list_is_newest_first(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 5).await;
    made.reverse();

    assert_eq!(list(tasks, TaskQuery::default()).await, made);
}

pub async fn a_list_of_a_user_without_tasks_is_empty(tasks: &dyn TaskRepository) {
    for owner in [alice().id, nobody().id] {
        let page = tasks.list(&owner, &TaskQuery::default()).await.unwrap();
        assert!(page.tasks.is_empty() && !page.has_more);
    }
}

pub async fn a_list_is_paged_without_gap_or_overlap(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 7).await;
    made.reverse();

    for size in [1, 2, 3, 6, 7, 8] {
        let mut query = TaskQuery { limit: PageLimit::new(size).unwrap(), ..TaskQuery::default() };
        let mut seen = Vec::new();
        loop {
            let page = tasks.list(&alice().id, &query).await.unwrap();
            assert!(page.tasks.len() <= usize::from(size) && !page.tasks.is_empty());
            seen.extend(page.tasks.iter().map(|task| task.id));
            match page.next() {
                Some(next) => query.older_than = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, made, "in pages of {size}");
    }
}

/// A repository may have a statement for each size, and a connection keeps some hundred of them prepared.
pub async fn pages_of_more_sizes_than_a_connection_remembers_are_right(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 3).await;
    made.reverse();

    for size in (1..=250).chain([1, 2]) {
        let query = TaskQuery { limit: PageLimit::new(size).unwrap(), ..TaskQuery::default() };
        let page = tasks.list(&alice().id, &query).await.unwrap();
        let ids: Vec<TaskId> = page.tasks.iter().map(|task| task.id).collect();
        assert_eq!(ids, made[..made.len().min(size.into())], "a page of {size}");
        assert_eq!(page.has_more, usize::from(size) < made.len(), "a page of {size}");
    }
}

pub async fn a_page_goes_on_after_a_task_that_was_deleted(tasks: &dyn TaskRepository) {
    let made = create_many(tasks, 4).await;
    assert_eq!(delete(tasks, &alice().id, made[2]).await, Outcome::Done(()));

    let query = TaskQuery { older_than: Some(made[2]), ..TaskQuery::default() };

    assert_eq!(list(tasks, query).await, [made[1], made[0]]);
}

pub async fn a_list_is_filtered_by_completion(tasks: &dyn TaskRepository) {
    let made = create_many(tasks, 4).await;
    let filtered = |completed| TaskQuery { completed: Some(completed), ..TaskQuery::default() };

    assert_eq!(list(tasks, filtered(true)).await, [made[3], made[1]]);
    assert_eq!(list(tasks, filtered(false)).await, [made[2], made[0]]);

    let page = TaskQuery { older_than: Some(made[3]), limit: PageLimit::new(1).unwrap(), ..filtered(true) };
    assert_eq!(list(tasks, page).await, [made[1]]);
}

pub async fn a_stranger_gets_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    assert_eq!(tasks.get(&bob().id, task.id).await.unwrap(), None);
}

pub async fn a_stranger_lists_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for completed in [None, Some(false)] {
        let query = TaskQuery { completed, ..TaskQuery::default() };
        assert!(tasks.list(&bob().id, &query).await.unwrap().tasks.is_empty());
    }
    assert_eq!(list(tasks, TaskQuery::default()).await, [task.id]);
}

pub async fn a_stranger_updates_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for changes in [renamed(), toggle()] {
        for precondition in [Precondition::None, seen(&[1]), seen(&[7])] {
            let outcome = tasks.update(&bob().id, task.id, &changes, &precondition, now()).await.unwrap();
            assert_eq!(outcome, Outcome::Absent);
        }
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn a_stranger_deletes_nothing(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    for precondition in [Precondition::None, seen(&[1]), seen(&[7])] {
        assert_eq!(tasks.delete(&bob().id, task.id, &precondition).await.unwrap(), Outcome::Absent);
    }

    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(task));
}

pub async fn two_users_may_hold_the_same_id(tasks: &dyn TaskRepository) {
    let hers = create(tasks, &groceries()).await;
    let his = NewTask { title: title("Bob's"), ..groceries() };
    let his = tasks.create(&bob().id, hers.id, &his, now()).await.unwrap();

    assert_eq!(delete(tasks, &alice().id, hers.id).await, Outcome::Done(()));

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

pub async fn a_change_of_a_version_that_was_seen_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;

    let outcome = tasks.update(&alice().id, task.id, &renamed(), &seen(&[1]), now()).await.unwrap();
    assert!(matches!(outcome, Outcome::Done(task) if task.version.get() == 2));
    let outcome = tasks.update(&alice().id, task.id, &toggle(), &seen(&[7, 2]), now()).await.unwrap();
    assert!(matches!(outcome, Outcome::Done(task) if task.version.get() == 3));
    assert_eq!(tasks.delete(&alice().id, task.id, &seen(&[3])).await.unwrap(), Outcome::Done(()));
}

pub async fn a_change_of_another_version_changes_nothing_and_shows_the_task(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let current = change(tasks, task.id, &renamed(), later(Duration::SECOND)).await;

    for versions in [[1].as_slice(), &[3], &[]] {
        let update = tasks.update(&alice().id, task.id, &toggle(), &seen(versions), now()).await.unwrap();
        assert_eq!(update, Outcome::Stale(current.clone()));
        let delete = tasks.delete(&alice().id, task.id, &seen(versions)).await.unwrap();
        assert_eq!(delete, Outcome::Stale(current.clone()));
    }
    assert_eq!(tasks.get(&alice().id, task.id).await.unwrap(), Some(current));
}

pub async fn a_change_of_a_version_of_a_task_that_is_gone_finds_nothing(tasks: &dyn TaskRepository) {
    let update = tasks.update(&alice().id, fresh_id(), &toggle(), &seen(&[1]), now()).await.unwrap();
    let delete = tasks.delete(&alice().id, fresh_id(), &seen(&[1])).await.unwrap();

    assert_eq!((update, delete), (Outcome::Absent, Outcome::Absent));
}

pub async fn of_concurrent_changes_of_one_version_one_takes_place(tasks: &dyn TaskRepository) {
    let task = create(tasks, &groceries()).await;
    let (owner, seen, toggle) = (alice().id, seen(&[1]), toggle());
    let attempt = || tasks.update(&owner, task.id, &toggle, &seen, now());

    let outcomes: [_; 5] = tokio::join!(attempt(), attempt(), attempt(), attempt(), attempt()).into();

    let done = outcomes.into_iter().filter(|outcome| matches!(outcome, Ok(Outcome::Done(_)))).count();
    assert_eq!(done, 1);
    assert_eq!(tasks.get(&owner, task.id).await.unwrap().unwrap().version.get(), 2);
}
