//! The tables are distributed over a Citus cluster in an order that works, and only once. A stand-in takes the place of Citus.

use infra::{Nodes, ShardStep, StepState, testing::TestDatabase};
use sea_orm::ConnectionTrait;

use crate::{connect::value, layouts::opened, log::logged};

async fn cluster() -> Option<TestDatabase> {
    let database = TestDatabase::postgres().await?;
    database.pretend_citus().await;
    Some(database)
}

fn nodes() -> Nodes {
    let workers = ["worker-1", "worker-2:5433"].map(|worker| worker.parse().unwrap()).into();
    Nodes { coordinator: Some("coordinator".parse().unwrap()), workers }
}

async fn apply(database: &infra::Database) -> Vec<ShardStep> {
    let steps = database.shard_steps(&nodes()).await.unwrap();
    for step in steps.iter().filter(|step| step.state == StepState::Missing) {
        database.run_shard_step(step).await.unwrap();
    }
    steps
}

async fn calls(database: &TestDatabase) -> Vec<String> {
    let calls = "SELECT coalesce(string_agg(call, ';' ORDER BY number), '') FROM citus_calls";
    value(database.connection(), calls).await.split(';').map(str::to_owned).collect()
}

const EXPECTED: [&str; 7] = [
    "coordinator coordinator:5432",
    "worker worker-1:5432",
    "worker worker-2:5433",
    "reference \"user\"",
    "reference tasks_api_migrations",
    "distributed tasks by user_id with default",
    "distributed idempotency_keys by user_id with \"public\".\"tasks\"",
];

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_distributed_in_order_and_once() {
    let Some(database) = cluster().await else { return };

    assert!(apply(&database).await.iter().all(|step| step.state == StepState::Missing));
    assert_eq!(calls(&database).await, EXPECTED);

    assert!(apply(&database).await.iter().all(|step| step.state == StepState::Done));
    // The nodes are known by then.
    let steps = database.shard_steps(&Nodes::default()).await.unwrap();
    assert!(steps.len() == 7 && steps.iter().all(|step| step.state == StepState::Done), "{steps:?}");
    assert_eq!(calls(&database).await, EXPECTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_half_done_is_finished() {
    let Some(database) = cluster().await else { return };
    let steps = database.shard_steps(&nodes()).await.unwrap();
    for step in &steps[..4] {
        database.run_shard_step(step).await.unwrap();
    }
    let error = database.run_shard_step(&steps[6]).await.unwrap_err().to_string();
    assert!(error.contains("create_distributed_table") && error.contains("run the command again"), "{error}");

    apply(&database).await;

    assert_eq!(calls(&database).await, EXPECTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_this_program_is_distributed() {
    let Some(database) = cluster().await else { return };

    apply(&database).await;

    let others = "SELECT coalesce(string_agg(tablename, ' '), '') FROM pg_tables WHERE schemaname = 'public' \
        AND tablename NOT IN ('citus_calls', 'pg_dist_node', 'pg_dist_partition') \
        AND format('%I.%I', schemaname, tablename)::regclass NOT IN (SELECT logicalrelid FROM pg_dist_partition)";
    assert_eq!(value(database.connection(), others).await, "", "the plan of `tasks-api shard` lacks these");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_not_known_are_asked_for() {
    let Some(database) = cluster().await else { return };

    let steps = database.shard_steps(&Nodes::default()).await.unwrap();

    let needed: Vec<_> = steps.iter().filter(|step| step.state != StepState::Missing).map(|step| step.state).collect();
    assert_eq!(needed, [StepState::Needs("--coordinator"), StepState::Needs("--worker")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_extension_one_line_says_what_is_missing() {
    let mut databases = vec![(TestDatabase::sqlite().await, "DATABASE_URL is SQLite")];
    databases.extend(TestDatabase::postgres().await.map(|database| (database, "the extension citus is missing")));
    for (database, begin) in databases {
        let line = database.shard_steps(&nodes()).await.unwrap_err().to_string();

        assert!(line.starts_with(begin) && !line.contains('\n'), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_distributed_otherwise_is_reported() {
    let Some(database) = cluster().await else { return };
    database.connection().execute_unprepared("SELECT create_reference_table('tasks')").await.unwrap();

    let line = database.shard_steps(&nodes()).await.unwrap_err().to_string();

    assert!(line.contains("undistribute_table('\"public\".\"tasks\"')"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_are_those_of_the_settings() {
    let Some(home) = TestDatabase::empty_postgres().await else { return };
    home.pretend_citus().await;
    let database = opened(home.url(), |settings| settings.schema = Some("my tasks".to_owned())).await;
    database.migrate_up().await.unwrap();

    let steps = apply(&database).await;

    let last = "SELECT create_distributed_table('\"my tasks\".\"idempotency_keys\"', 'user_id', colocate_with => '\"my tasks\".\"tasks\"')";
    assert_eq!(steps[6].sql, last);
    assert!(apply(&database).await.iter().all(|step| step.state == StepState::Done));
}

#[tokio::test]
async fn the_log_warns_of_tables_that_are_not_distributed() {
    let Some(database) = TestDatabase::postgres().await else { return };
    assert_eq!(logged(database.warn_of_unsharded_tables()).await, "");
    database.pretend_citus().await;

    let warned = logged(database.warn_of_unsharded_tables()).await;
    for fault in
        ["the coordinator is not in pg_dist_node", "public.tasks is not distributed", "user is not a reference table"]
    {
        assert!(warned.contains(fault), "{fault}: {warned}");
    }
    assert_eq!(warned.lines().count(), 1, "{warned}");

    apply(&database).await;
    assert_eq!(logged(database.warn_of_unsharded_tables()).await, "");
}
