//! The cases of lists: order, pages and filters.

use super::{
    super::{SequentialIds, alice, nobody, titled},
    common::{create_as, delete, list, now},
};
use crate::{Description, IdSource, NewTask, Page, PageLimit, Task, TaskId, TaskQuery, TaskRepository, UpdateOutcome};

/// Creates `count` tasks for Alice, oldest first; every other one is completed.
async fn create_many(tasks: &dyn TaskRepository, count: usize) -> Vec<TaskId> {
    let ids = SequentialIds::default();
    let mut made = Vec::new();
    for number in 0..count {
        let task = NewTask { completed: number % 2 == 1, ..titled(&format!("Task {number}")) };
        made.push(create_as(tasks, &alice().id, ids.next(now()).into(), &task).await.id);
    }
    made
}

pub async fn a_list_is_newest_first(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 5).await;
    made.reverse();

    assert_eq!(list(tasks, TaskQuery::default()).await, made);
}

pub async fn a_list_of_a_user_without_tasks_is_empty(tasks: &dyn TaskRepository) {
    for owner in [alice().id, nobody().id] {
        let page = tasks.list(&owner, &TaskQuery::default()).await.unwrap();
        assert!(page.items.is_empty() && !page.has_more);
    }
}

pub async fn pages_have_no_gap_and_no_overlap(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 7).await;
    made.reverse();

    for size in [1, 2, 3, 6, 7, 8] {
        let mut query = TaskQuery { limit: PageLimit::new(size).unwrap(), ..TaskQuery::default() };
        let mut seen = Vec::new();
        loop {
            let page = tasks.list(&alice().id, &query).await.unwrap();
            assert!(page.items.len() <= usize::from(size) && !page.items.is_empty());
            seen.extend(page.items.iter().map(|task| task.id));
            match page.last_before_next() {
                Some(last) => query.older_than = Some(last.id),
                None => break,
            }
        }
        assert_eq!(seen, made, "in pages of {size}");
    }
}

/// A repository may have one statement for each size, and a connection keeps a limited number of statements prepared.
pub async fn pages_of_more_sizes_than_prepared_statements_work(tasks: &dyn TaskRepository) {
    let mut made = create_many(tasks, 3).await;
    made.reverse();

    for size in (1..=250).chain([1, 2]) {
        let query = TaskQuery { limit: PageLimit::new(size).unwrap(), ..TaskQuery::default() };
        let page = tasks.list(&alice().id, &query).await.unwrap();
        let ids: Vec<TaskId> = page.items.iter().map(|task| task.id).collect();
        assert_eq!(ids, made[..made.len().min(size.into())], "a page of {size}");
        assert_eq!(page.has_more, usize::from(size) < made.len(), "a page of {size}");
    }
}

pub async fn a_page_ends_with_the_task_that_reaches_the_limit_of_text(tasks: &dyn TaskRepository) {
    let ids = SequentialIds::default();
    let long = Description::try_from("\u{1F600}".repeat(Description::MAX_CHARS)).unwrap();
    let mut made = Vec::new();
    for number in 0..110 {
        let task = NewTask { description: Some(long.clone()), ..titled(&format!("Task {number:03}")) };
        made.push(create_as(tasks, &alice().id, ids.next(now()).into(), &task).await.id);
    }
    made.reverse();
    // Each has 40,008 bytes.
    let whole = PageLimit::TEXT_BYTES.div_ceil(40_008);

    let first = tasks.list(&alice().id, &TaskQuery::default()).await.unwrap();
    let query = TaskQuery { older_than: first.last_before_next().map(|task| task.id), ..TaskQuery::default() };
    let second = tasks.list(&alice().id, &query).await.unwrap();

    let ids = |page: &Page<Task>| page.items.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!((ids(&first), first.has_more), (made[..whole].to_vec(), true));
    assert_eq!((ids(&second), second.has_more), (made[whole..].to_vec(), false));
}

pub async fn a_page_starts_after_a_task_that_was_deleted(tasks: &dyn TaskRepository) {
    let made = create_many(tasks, 4).await;
    assert_eq!(delete(tasks, &alice().id, made[2]).await, UpdateOutcome::Done(()));

    let query = TaskQuery { older_than: Some(made[2]), ..TaskQuery::default() };

    assert_eq!(list(tasks, query).await, [made[1], made[0]]);
}

pub async fn a_list_is_filtered_by_completed(tasks: &dyn TaskRepository) {
    let made = create_many(tasks, 4).await;
    let filtered = |completed| TaskQuery { completed: Some(completed), ..TaskQuery::default() };

    assert_eq!(list(tasks, filtered(true)).await, [made[3], made[1]]);
    assert_eq!(list(tasks, filtered(false)).await, [made[2], made[0]]);

    let page = TaskQuery { older_than: Some(made[3]), limit: PageLimit::new(1).unwrap(), ..filtered(true) };
    assert_eq!(list(tasks, page).await, [made[1]]);
}
