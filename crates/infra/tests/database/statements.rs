//! Every use-case is one statement, and names the owner.

use std::sync::Mutex;

use domain::{
    Clock, CompletedChange, CreateOptions, Description, FieldChange, IdSource, IdempotencyGuard, IdempotencyKey,
    Identity, NewTask, PageLimit, Precondition, Readiness, TaskChanges, TaskQuery, TaskRepository, Title,
    UserProvisioner, Version,
    testing::{FixedClock, SequentialIds, alice, nobody},
};
use infra::{SeaOrmTasks, TaskConnection, testing::TestDatabase};

use crate::recording::{Recording, taken};

on_both_databases! { every_use_case_is_one_statement_that_names_the_owner, every_other_call_is_few_statements, }

async fn every_use_case_is_one_statement_that_names_the_owner(database: TestDatabase) {
    let statements = Mutex::default();
    let tasks = SeaOrmTasks::new(Recording::new(database.connection(), &statements));
    let (owner, now) = (alice().id, FixedClock::default().now());
    let ids = SequentialIds::default();
    let id = ids.next(now);
    let one_that_names_the_owner = |use_case| {
        let taken = taken(&statements);
        assert_eq!(taken.len(), 1, "{use_case}: {taken:?}");
        assert!(taken[0].sql.contains(r#""user_id""#) && !taken[0].sql.contains(';'), "{use_case}: {}", taken[0].sql);
        assert!(format!("{:?}", taken[0].values).contains("alice"), "{use_case}: {:?}", taken[0].values);
    };

    let title = Title::try_from("Buy groceries").unwrap();
    let new = NewTask { title: title.clone(), description: None, completed: false };
    tasks.create(&owner, id, &new, &CreateOptions::default(), now).await.unwrap();
    one_that_names_the_owner("create");

    let (another, a_third) = (ids.next(now), ids.next(now));
    let within_quota = CreateOptions { idempotency: None, quota: Some(9) };
    tasks.create(&owner, another, &new, &within_quota, now).await.unwrap();
    one_that_names_the_owner("create within a quota");

    let once = IdempotencyGuard { key: IdempotencyKey::try_from("key").unwrap(), since: now };
    tasks.create(&owner, a_third, &new, &CreateOptions { idempotency: Some(once), quota: Some(9) }, now).await.unwrap();
    // SQLite has no statement that adds to two tables, and does it in a transaction.
    if database.connection().sqlite().is_none() {
        one_that_names_the_owner("create under a key");
    }

    tasks.get(&owner, id).await.unwrap();
    one_that_names_the_owner("get");

    let limit = PageLimit::new(1).unwrap();
    for query in [TaskQuery::default(), TaskQuery { completed: Some(true), older_than: Some(id), limit }] {
        tasks.list(&owner, &query).await.unwrap();
        one_that_names_the_owner("list");
    }

    let description = FieldChange::Set(Description::try_from("Milk".to_owned()).unwrap());
    let all = TaskChanges { title: Some(title), description, completed: CompletedChange::Toggle };
    let clear = TaskChanges { description: FieldChange::Clear, ..TaskChanges::default() };
    let set = TaskChanges { completed: CompletedChange::Set(true), ..TaskChanges::default() };
    for changes in [all, clear, set, TaskChanges::default()] {
        tasks.update(&owner, id, &changes, &Precondition::None, now).await.unwrap();
        one_that_names_the_owner("update");
    }

    let seen = Precondition::Version(vec![Version::from(5)]);
    tasks.update(&owner, id, &TaskChanges::default(), &seen, now).await.unwrap();
    one_that_names_the_owner("update of a version");
    // To show the task as it is costs a second one, where the precondition does not hold.
    tasks.update(&owner, id, &TaskChanges::default(), &seen, now).await.unwrap();
    assert_eq!(taken(&statements).len(), 2);

    for _there_and_not_there in 0..2 {
        tasks.delete(&owner, id, &Precondition::None).await.unwrap();
        one_that_names_the_owner("delete");
        tasks.update(&owner, id, &TaskChanges::default(), &Precondition::None, now).await.unwrap();
        one_that_names_the_owner("update");
    }
}

async fn every_other_call_is_few_statements(database: TestDatabase) {
    let statements = Mutex::default();
    let tasks = SeaOrmTasks::new(Recording::new(database.connection(), &statements));

    // Where nothing was added, a second one makes sure that it was not for the address alone.
    for (user, count) in [(nobody(), 1), (nobody(), 2), (Identity { email: None, ..nobody() }, 1)] {
        tasks.provision(&user, FixedClock::default().now()).await.unwrap();
        assert_eq!(taken(&statements).len(), count);
    }

    tasks.check().await.unwrap();
    assert_eq!(taken(&statements).len(), 1);
}
