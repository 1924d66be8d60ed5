//! A create for a user who does not exist, where the server reports the foreign key with a code that says nothing, as Citus does.

use std::sync::Arc;

use domain::{
    Clock, CreateOptions, IdSource, IdempotencyGuard, IdempotencyKey, RepositoryError, TaskRepository, UserProvisioner,
    testing::{FixedClock, SequentialIds, alice, nobody, titled},
};
use infra::{Database, testing::TestDatabase};
use sea_orm::ConnectionTrait;

use crate::contract::by_seaorm;

/// The foreign keys are gone, and a trigger reports what they did.
const OTHER_CODE: &str = r#"
    ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey;
    ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_user_id_fkey;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.user_id NOT IN (SELECT id FROM "user") OR TG_ARGV[0] = 'all' THEN
            RAISE 'insert or update on table violates foreign key constraint' USING ERRCODE = 'XX000';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tasks BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION refuse();
    CREATE TRIGGER keys BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse();
"#;

async fn databases() -> Vec<(Arc<TestDatabase>, Database)> {
    let mut databases = Vec::new();
    for _executor in 0..2 {
        let Some(home) = TestDatabase::postgres().await.map(Arc::new) else { break };
        home.connection().execute_unprepared(OTHER_CODE).await.unwrap();
        let database = if databases.is_empty() { (**home).clone() } else { by_seaorm(home.url()).await };
        databases.push((home, database));
    }
    databases
}

/// A plain create, one under a quota, one under a key, and one under both.
fn all_options() -> [CreateOptions; 4] {
    let now = FixedClock::default().now();
    let guard = |key: &str| Some(IdempotencyGuard { key: IdempotencyKey::try_from(key).unwrap(), since: now });
    [(None, None), (None, Some(9)), (guard("one"), None), (guard("two"), Some(9))]
        .map(|(idempotency, quota)| CreateOptions { idempotency, quota })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_is_known_by_another_code() {
    for (_home, database) in databases().await {
        let (tasks, ids, now) = (database.tasks(), SequentialIds::default(), FixedClock::default().now());
        for options in all_options() {
            let created = tasks.create(&nobody().id, ids.next(now).into(), &titled("x"), &options, now).await;
            assert!(matches!(created, Err(RepositoryError::UnknownOwner)), "{options:?}: {created:?}");
        }

        database.users().provision(&nobody(), now).await.unwrap();

        for options in all_options() {
            let created = tasks.create(&nobody().id, ids.next(now).into(), &titled("x"), &options, now).await;
            assert!(created.unwrap().created().is_some(), "{options:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_create_of_a_user_who_exists_stays_failed() {
    for (home, database) in databases().await {
        let all = "DROP TRIGGER tasks ON tasks; CREATE TRIGGER tasks BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION refuse('all')";
        home.connection().execute_unprepared(all).await.unwrap();
        let (tasks, ids, now) = (database.tasks(), SequentialIds::default(), FixedClock::default().now());
        for options in all_options() {
            let created = tasks.create(&alice().id, ids.next(now).into(), &titled("x"), &options, now).await;
            assert!(matches!(created, Err(RepositoryError::Failed(_))), "{options:?}: {created:?}");
        }
    }
}
