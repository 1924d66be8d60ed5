//! Concurrent writes are committed together, unless they share nothing, and each gets its own answer.
//!
//! Each test runs on one thread, so that its concurrent writes form groups.

use std::time::Duration;

use domain::{
    Clock, CompletedChange, CreateOptions, CreateOutcome, IdSource, IdempotencyGuard, IdempotencyKey, OwnerId,
    Precondition, RepositoryError, Task, TaskChanges, TaskId, TaskQuery, TaskRepository, Title, UpdateOutcome,
    testing::{FixedClock, SequentialIds, alice, bob, nobody, titled},
};
use futures_util::future::join_all;
use infra::{Database, DatabaseSettings, SeaOrmTasks, testing::TestDatabase};
use sea_orm::ConnectionTrait;

shared_or_not! {
    concurrent_writes_get_their_own_answers,
    a_write_that_fails_fails_alone,
    a_commit_that_fails_leaves_no_key_in_use,
    a_commit_with_an_unknown_outcome_is_unavailable,
}

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
        ..database.settings()
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
    let expected = if is_shared(database) { 101..=200 } else { 0..=0 };
    assert!(expected.contains(&grouped), "{grouped} of 200 changes");
}

fn is_shared(database: &Database) -> bool {
    database.sharing().is_some_and(|sharing| sharing.is_on)
}

async fn concurrent_writes_get_their_own_answers(database: TestDatabase) {
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
    let ungrouped = if is_shared(database) { 5 } else { 0 };
    assert_eq!((now.grouped - before.grouped, now.ungrouped - before.ungrouped), (0, ungrouped));
}

async fn a_write_that_fails_fails_alone(database: TestDatabase) {
    a_failing_write_fails_alone(&database).await;
}

/// Has the commit of each task with this title fail with this code.
async fn refuse_at_commit(database: &TestDatabase, title: &str, code: &str) {
    let sql = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN IF NEW.title = '{title}' THEN RAISE 'no' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$; \
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON tasks DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION refuse()"
    );
    database.connection().execute_unprepared(&sql).await.unwrap();
}

async fn a_commit_that_fails_leaves_no_key_in_use(database: TestDatabase) {
    refuse_at_commit(&database, "refused", "23514").await;
    let (ids, now) = (SequentialIds::default(), FixedClock::default().now());
    for round in 0..20 {
        // The executors of a fresh connection remember no refused write.
        let tasks = patient(&database).await.tasks();
        let creates = (0..8).map(|number| {
            let key = IdempotencyKey::try_from(format!("{round} {number}").as_str()).unwrap();
            let options = CreateOptions { idempotency: Some(IdempotencyGuard { key, since: now }), quota: None };
            let (tasks, id) = (tasks.clone(), ids.next(now).into());
            async move {
                let title = if number == 0 { "refused" } else { "Buy groceries" };
                tasks.create(&alice().id, id, &titled(title), &options, now).await
            }
        });
        let outcomes = join_all(creates).await;

        assert!(matches!(outcomes[0], Err(RepositoryError::Failed(_))), "{:?}", outcomes[0]);
        for outcome in &outcomes[1..] {
            assert!(matches!(outcome, Ok(CreateOutcome::Created(_))), "{outcome:?}");
        }
    }
}

async fn a_commit_with_an_unknown_outcome_is_unavailable(database: TestDatabase) {
    refuse_at_commit(&database, "unknown", "XX000").await;
    let tasks = database.tasks();
    let (ids, now, options) = (SequentialIds::default(), FixedClock::default().now(), CreateOptions::default());

    let (owner, title) = (alice().id, titled("unknown"));
    let creates = (0..3).map(|_| tasks.create(&owner, ids.next(now).into(), &title, &options, now));

    for outcome in join_all(creates).await {
        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    }
}
