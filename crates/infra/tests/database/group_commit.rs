//! Changes are committed together, and it makes no difference but in time.
//!
//! Each test runs on one thread: what is asked for at once there waits together.

use std::{future::Future, time::Duration};

use domain::{
    Clock, CompletedChange, CreateOptions, IdSource, NewTask, OwnerId, Precondition, RepositoryError, Task,
    TaskChanges, TaskId, TaskQuery, TaskRepository, Title, UpdateOutcome,
    testing::{FixedClock, SequentialIds, alice, bob, nobody},
};
use futures_util::{FutureExt, future::join_all};
use infra::{Connection, Database, DatabaseSettings, DatabaseUrl, SeaOrmTasks, testing::TestDatabase};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::time::{Instant, sleep, timeout};

use crate::connect::value;

fn titled(title: &str) -> NewTask {
    NewTask { title: Title::try_from(title).unwrap(), description: None, completed: false }
}

/// Asks for a create of each of these owners at once, and returns the ids with what came of them.
async fn create_for(
    tasks: &SeaOrmTasks<Connection>,
    ids: &SequentialIds,
    owners: &[OwnerId],
) -> Vec<(OwnerId, TaskId, Result<Task, RepositoryError>)> {
    let now = FixedClock::default().now();
    join_all(owners.iter().map(|owner| {
        let id = ids.next(now);
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

async fn titles(tasks: &SeaOrmTasks<Connection>, owner: &OwnerId) -> Vec<String> {
    let page = tasks.list(owner, &TaskQuery::default()).await.unwrap();
    page.items.into_iter().map(|task| task.title.as_str().to_owned()).collect()
}

/// Another way to the database, with patience where a test is not about patience: many share the machine.
async fn patient(database: &TestDatabase) -> Database {
    let settings = DatabaseSettings {
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_mins(1),
        ..DatabaseSettings::new(DatabaseUrl::parse(database.url()).unwrap())
    };
    Database::connect(&settings).await.unwrap()
}

/// Calls a function before each row of tasks is changed.
async fn before_each_change(database: &TestDatabase, body: &str) {
    let sql = format!(
        "CREATE SEQUENCE attempts; \
         CREATE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$; \
         CREATE TRIGGER interfere BEFORE INSERT OR UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION interfere()"
    );
    database.connection().execute_unprepared(&sql).await.unwrap();
}

/// What one asks for at once is committed together, and each change has an answer of its own.
pub(crate) async fn each_has_its_own_answer(database: &Database) {
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
    let grouped = database.statistics().grouped;
    assert!(grouped > 100, "only {grouped} of 200 changes");
}

#[tokio::test]
async fn changes_that_are_asked_for_at_once_are_committed_together_and_each_has_its_own_answer() {
    let Some(database) = TestDatabase::postgres().await else { return };
    each_has_its_own_answer(&patient(&database).await).await;
}

/// Of what is asked for at once one thing is refused, and nothing else.
pub(crate) async fn one_that_is_refused_is_refused_alone(database: &Database) {
    let (tasks, before) = (database.tasks(), database.statistics());
    let owners = [alice().id, nobody().id, bob().id, alice().id, nobody().id];

    for (owner, _, outcome) in create_for(&tasks, &SequentialIds::default(), &owners).await {
        if owner == nobody().id {
            assert!(matches!(outcome, Err(RepositoryError::UnknownOwner)), "{outcome:?}");
        } else {
            assert_eq!(outcome.unwrap().owner, owner);
        }
    }

    assert_eq!((titles(&tasks, &alice().id).await.len(), titles(&tasks, &bob().id).await.len()), (2, 1));
    let now = database.statistics();
    assert_eq!((now.grouped - before.grouped, now.ungrouped - before.ungrouped), (0, 5));
}

#[tokio::test]
async fn a_change_that_is_refused_is_refused_alone() {
    let Some(database) = TestDatabase::postgres().await else { return };
    one_that_is_refused_is_refused_alone(&database).await;
}

#[tokio::test]
async fn what_cannot_be_committed_is_not_acknowledged_and_takes_nothing_with_it() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let ledger = r#"CREATE TABLE ledger (user_id text REFERENCES "user" (id) DEFERRABLE INITIALLY DEFERRED)"#;
    database.connection().execute_unprepared(ledger).await.unwrap();
    before_each_change(&database, "INSERT INTO ledger VALUES (replace(NEW.user_id, 'bob', 'nobody'));").await;
    let owners = [alice().id, bob().id, alice().id];

    let created = create_for(&database.tasks(), &SequentialIds::default(), &owners).await;

    let succeeded: Vec<bool> = created.iter().map(|(_, _, outcome)| outcome.is_ok()).collect();
    assert_eq!(succeeded, [true, false, true]);
    let tasks = database.tasks();
    assert_eq!((titles(&tasks, &alice().id).await.len(), titles(&tasks, &bob().id).await.len()), (2, 0));
}

#[tokio::test]
async fn changes_whose_connection_ends_before_they_are_committed_are_not_acknowledged_and_not_made() {
    let Some(database) = TestDatabase::postgres().await else { return };
    // The last one ends the connection, when all others have been made.
    let body = "IF nextval('attempts') = 8 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;";
    before_each_change(&database, body).await;
    let (tasks, ids) = (database.tasks(), SequentialIds::default());

    let created = create_for(&tasks, &ids, &vec![alice().id; 8]).await;

    for (_, _, outcome) in created {
        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!(titles(&tasks, &alice().id).await, Vec::<String>::new());
    for (_, _, outcome) in create_for(&tasks, &ids, &vec![alice().id; 8]).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn changes_that_lose_against_another_transaction_are_made_all_the_same() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let body = "IF nextval('attempts') IN (3, 5) THEN RAISE serialization_failure; END IF;";
    before_each_change(&database, body).await;

    for (_, _, outcome) in create_for(&database.tasks(), &SequentialIds::default(), &vec![alice().id; 8]).await {
        outcome.unwrap();
    }

    assert_eq!(titles(&database.tasks(), &alice().id).await.len(), 8);
}

#[tokio::test]
async fn changes_whose_statement_is_outdated_are_made_all_the_same_and_together_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (database, direct) = (patient(&database).await, database);
    let (tasks, now) = (database.tasks(), FixedClock::default().now());
    let created = create_for(&tasks, &SequentialIds::default(), &vec![alice().id; 8]).await;
    let toggle = TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() };
    let toggle_all = || async {
        let before = database.statistics().grouped;
        let toggles = created.iter().map(|(owner, id, _)| tasks.update(owner, *id, &toggle, &Precondition::None, now));
        for outcome in join_all(toggles).await {
            assert!(matches!(outcome, Ok(UpdateOutcome::Done(_))), "{outcome:?}");
        }
        database.statistics().grouped - before
    };
    assert_eq!(toggle_all().await, 8);

    direct.connection().execute_unprepared("ALTER TABLE tasks ALTER title TYPE varchar(600)").await.unwrap();

    assert_eq!(toggle_all().await, 0, "they are found to be outdated");
    assert_eq!(toggle_all().await, 8);
}

/// Alice's task is locked by another transaction while this runs, which is given her task.
async fn while_a_task_is_locked<T, F: Future<Output = T>>(
    database: &TestDatabase,
    work: impl FnOnce(Database, TaskId) -> F,
) -> T {
    let database_of_work = patient(database).await;
    let created = create_for(&database_of_work.tasks(), &SequentialIds::default(), &[alice().id]).await;
    let lock = database.connection().begin().await.unwrap();
    lock.execute_unprepared("SELECT 1 FROM tasks FOR UPDATE").await.unwrap();
    let worked = timeout(Duration::from_secs(30), work(database_of_work, created[0].1)).await;
    lock.rollback().await.unwrap();
    // Nobody waits for the lock but the one who must.
    worked.unwrap()
}

#[tokio::test]
async fn a_change_that_waits_for_a_lock_holds_up_no_others() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let now = FixedClock::default().now();
    let toggle = TaskChanges { completed: CompletedChange::Toggle, ..TaskChanges::default() };

    let waiting = while_a_task_is_locked(&database, |database, id| async move {
        let (tasks, ids, toggle) = (database.tasks(), SequentialIds::default(), &toggle);
        let mut waiting = Vec::new();
        // First alone, and then in the middle of those of another user.
        for others in [0, 8, 8] {
            let changer = tasks.clone();
            let toggle = toggle.clone();
            waiting.push(tokio::spawn(async move {
                changer.update(&alice().id, id, &toggle, &Precondition::None, now).await
            }));
            let begin = Instant::now();
            for (_, _, outcome) in create_for(&tasks, &ids, &vec![bob().id; others]).await {
                outcome.unwrap();
            }
            assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(titles(&tasks, &bob().id).await.len(), 16);
        waiting
    })
    .await;

    for toggled in waiting {
        assert!(matches!(toggled.await.unwrap(), Ok(UpdateOutcome::Done(_))), "it is made when the lock is gone");
    }
    assert_eq!(value(database.connection(), "SELECT version::text FROM tasks WHERE user_id = 'alice'").await, "4");
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_any_more_when_its_turn_comes_is_not_made() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (tasks, ids, now) = (database.tasks(), SequentialIds::default(), FixedClock::default().now());

    for _abandoned in 0..3 {
        assert!(
            tasks
                .create(&alice().id, ids.next(now), &titled("abandoned"), &CreateOptions::default(), now)
                .now_or_never()
                .is_none()
        );
    }
    tasks.create(&alice().id, ids.next(now), &titled("wanted"), &CreateOptions::default(), now).await.unwrap();

    assert_eq!(titles(&tasks, &alice().id).await, ["wanted"]);
}
