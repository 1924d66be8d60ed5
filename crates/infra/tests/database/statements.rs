//! A use-case is one statement, or several in one transaction if two tables change. Each names the owner.

use domain::{
    Clock, CompletedChange, CreateOptions, Description, FieldChange, IdSource, IdempotencyGuard, IdempotencyKey,
    Identity, PageLimit, Precondition, Readiness, TaskChanges, TaskQuery, TaskRepository, Title, UserProvisioner,
    Version,
    testing::{FixedClock, SequentialIds, alice, nobody, titled},
};
use infra::{SeaOrmTasks, SeaOrmUsers, testing::TestDatabase};

use crate::tapped::Tapped;

on_both_databases! { a_use_case_is_one_statement_that_names_the_owner, other_calls_are_few_statements, }

async fn a_use_case_is_one_statement_that_names_the_owner(database: TestDatabase) {
    let (connection, recorded) = Tapped::recording(database.sql());
    let tasks = SeaOrmTasks::new(connection, database.layout());
    let (owner, now) = (alice().id, FixedClock::default().now());
    let ids = SequentialIds::default();
    let id = ids.next(now).into();
    let name_the_owner = |use_case, count| {
        let statements = recorded.take();
        assert_eq!(statements.len(), count, "{use_case}: {statements:?}");
        for statement in statements {
            assert!(
                statement.sql.contains(r#""user_id""#) && !statement.sql.contains(';'),
                "{use_case}: {statement:?}"
            );
            assert!(statement.values.contains(&"alice".into()), "{use_case}: {statement:?}");
        }
    };

    let new = titled("Buy groceries");
    tasks.create(&owner, id, &new, &CreateOptions::default(), now).await.unwrap();
    name_the_owner("create", 1);

    let within_quota = CreateOptions { idempotency: None, quota: Some(9) };
    tasks.create(&owner, ids.next(now).into(), &new, &within_quota, now).await.unwrap();
    name_the_owner("create within a quota", 1);

    let once = IdempotencyGuard { key: IdempotencyKey::try_from("key").unwrap(), since: now };
    let once = CreateOptions { idempotency: Some(once), quota: Some(9) };
    tasks.create(&owner, ids.next(now).into(), &new, &once, now).await.unwrap();
    name_the_owner("create under a key, in two tables", 2);

    tasks.get(&owner, id).await.unwrap();
    name_the_owner("get", 1);

    let limit = PageLimit::new(1).unwrap();
    for query in [TaskQuery::default(), TaskQuery { completed: Some(true), older_than: Some(id), limit }] {
        tasks.list(&owner, &query).await.unwrap();
        name_the_owner("list", 1);
    }

    let description = FieldChange::Set(Description::try_from("Milk".to_owned()).unwrap());
    let title = Title::try_from("Buy wine").unwrap();
    #[expect(clippy::needless_update, reason = "a further field need not be named here")]
    let all =
        TaskChanges { title: Some(title), description, completed: CompletedChange::Toggle, ..TaskChanges::default() };
    let clear = TaskChanges { description: FieldChange::Clear, ..TaskChanges::default() };
    let set = TaskChanges { completed: CompletedChange::Set(true), ..TaskChanges::default() };
    for changes in [all, clear, set, TaskChanges::default()] {
        tasks.update(&owner, id, &changes, &Precondition::None, now).await.unwrap();
        name_the_owner("update", 1);
    }

    let seen = Precondition::Version(vec![Version::from(5)]);
    tasks.update(&owner, id, &TaskChanges::default(), &seen, now).await.unwrap();
    name_the_owner("update of a version", 1);
    tasks.update(&owner, id, &TaskChanges::default(), &seen, now).await.unwrap();
    name_the_owner("update of another version, and a look at the present one", 2);

    for _there_and_not_there in 0..2 {
        tasks.delete(&owner, id, &Precondition::None).await.unwrap();
        name_the_owner("delete", 1);
        tasks.update(&owner, id, &TaskChanges::default(), &Precondition::None, now).await.unwrap();
        name_the_owner("update", 1);
    }
}

async fn other_calls_are_few_statements(database: TestDatabase) {
    let (connection, recorded) = Tapped::recording(database.sql());
    let (tasks, users) =
        (SeaOrmTasks::new(connection.clone(), database.layout()), SeaOrmUsers::new(connection, database.layout()));

    // If no row was added, a second statement covers the case that only the address was taken.
    for (user, count) in [(nobody(), 1), (nobody(), 2), (Identity { email: None, ..nobody() }, 1)] {
        users.provision(&user, FixedClock::default().now()).await.unwrap();
        assert_eq!(recorded.take().len(), count);
    }

    tasks.check().await.unwrap();
    assert_eq!(recorded.take().len(), 1);
}
