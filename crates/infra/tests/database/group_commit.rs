//! Concurrent writes are committed together, and each gets its own answer.
//!
//! Each test runs on one thread, so that its concurrent writes form groups.

use std::time::Duration;

use domain::{
    Clock, CompletedChange, CreateOptions, IdSource, OwnerId, Precondition, RepositoryError, Task, TaskChanges, TaskId,
    TaskQuery, TaskRepository, Title, UpdateOutcome,
    testing::{FixedClock, SequentialIds, alice, bob, nobody, titled},
};
use futures_util::future::join_all;
use infra::{Database, DatabaseSettings, DatabaseUrl, SeaOrmTasks, testing::TestDatabase};

/// Creates a task for each of these owners concurrently, and returns the ids with the outcomes.
async fn create_for(
    tasks: &SeaOrmTasks,
    ids: &SequentialIds,
    owners: &[OwnerId],
) -> Vec<(OwnerId, TaskId, Result<Task, RepositoryError>)> {
    let now = FixedClock::default().now();
    join_all(owners.iter().map(|owner| {
        let id = ids.next(now).into();
        async move {
            let outcome = tasks.create(owner, id, &titled(owner.as_str()), &CreateOptions::default(), now).await;
            (owner.clone(), id, outcome.map(|outcome| outcome.created().unwrap()))
        }
    }))
    .await
}

fn done<T>(outcome: UpdateOutcome<T>) -> Option<T> {
    if let UpdateOutcome::Done(done) = outcome { Some(done) } else { None }
}

async fn titles(tasks: &SeaOrmTasks, owner: &OwnerId) -> Vec<String> {
    let page = tasks.list(owner, &TaskQuery::default()).await.unwrap();
    page.items.into_iter().map(|task| task.title.as_str().to_owned()).collect()
}

/// The same database with longer time limits, because many tests share the machine.
async fn patient(database: &TestDatabase) -> Database {
    let settings = DatabaseSettings {
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_mins(1),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    Database::connect(&settings).await.unwrap()
}

/// Runs forty concurrent creates, then concurrent updates and deletes. Each must get its own answer.
pub(crate) async fn each_write_gets_its_own_answer(database: &Database) {
    let (tasks, ids, now) = (database.tasks(), SequentialIds::default(), FixedClock::default().now());
    let owners: Vec<_> = [alice().id, bob().id].into_iter().cycle().take(40).collect();
    let created = create_for(&tasks, &ids, &owners).await;
    for (owner, id, task) in &created {
        let task = task.as_ref().unwrap();
        assert_eq!((&task.owner, task.id, task.title.as_str()), (owner, *id, owner.as_str()));
    }

    let toggle = TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() };
    let changed = join_all(created.iter().enumerate().map(|(number, (owner, id, _))| {
        let (tasks, toggle) = (&tasks, &toggle);
        async move {
            let title = Title::try_from(format!("{number} of {}", owner.as_str()).as_str()).unwrap();
            let rename = TaskChanges { title: Some(title), ..TaskChanges::default() };
            let own = tasks.update(owner, *id, &rename, &Precondition::None, now);
            let toggled = tasks.update(owner, *id, toggle, &Precondition::None, now);
            let stranger = if *owner == alice().id { bob().id } else { alice().id };
            let strangers = tasks.update(&stranger, *id, toggle, &Precondition::None, now);
            let (own, toggled, strangers) = tokio::join!(own, toggled, strangers);
            assert_eq!(strangers.unwrap(), UpdateOutcome::Absent);
            [own.unwrap(), toggled.unwrap()]
        }
    }))
    .await;
    for (number, (changes, (owner, id, _))) in changed.into_iter().zip(&created).enumerate() {
        let mut versions = Vec::new();
        for outcome in changes {
            let task = done(outcome).unwrap();
            assert_eq!((&task.owner, task.id), (owner, *id));
            versions.push(task.version.get());
        }
        versions.sort_unstable();
        assert_eq!(versions, [2, 3], "one came after the other");
        let task = tasks.get(owner, *id).await.unwrap().unwrap();
        let expected = (format!("{number} of {}", owner.as_str()), true, 3);
        assert_eq!((task.title.as_str().to_owned(), task.completed, task.version.get()), expected);
    }

    let deleted = join_all(created.iter().map(|(owner, id, _)| tasks.delete(owner, *id, &Precondition::None))).await;
    assert!(deleted.into_iter().all(|outcome| outcome.unwrap() == UpdateOutcome::Done(())));
    for owner in [alice().id, bob().id] {
        assert_eq!(titles(&tasks, &owner).await, Vec::<String>::new());
    }
    let grouped = database.statistics().connections.grouped;
    assert!(grouped > 100, "only {grouped} of 200 changes");
}

#[tokio::test]
async fn writes_committed_together_get_their_own_answers() {
    let Some(database) = TestDatabase::postgres().await else { return };
    each_write_gets_its_own_answer(&patient(&database).await).await;
}

/// Runs concurrent creates. Only those of an unknown user must fail.
pub(crate) async fn a_failing_write_fails_alone(database: &Database) {
    let (tasks, before) = (database.tasks(), database.statistics().connections);
    let owners = [alice().id, nobody().id, bob().id, alice().id, nobody().id];

    for (owner, _, outcome) in create_for(&tasks, &SequentialIds::default(), &owners).await {
        if owner == nobody().id {
            assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");
        } else {
            assert_eq!(outcome.unwrap().owner, owner);
        }
    }

    assert_eq!((titles(&tasks, &alice().id).await.len(), titles(&tasks, &bob().id).await.len()), (2, 1));
    let now = database.statistics().connections;
    assert_eq!((now.grouped - before.grouped, now.ungrouped - before.ungrouped), (0, 5));
}

#[tokio::test]
async fn a_write_that_fails_fails_alone() {
    let Some(database) = TestDatabase::postgres().await else { return };
    a_failing_write_fails_alone(&database).await;
}
