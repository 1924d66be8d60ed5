//! The cost of a read does not depend on other users' data: plans use the keys and sort nothing.

use domain::{PageLimit, Precondition, TaskChanges, TaskId, TaskQuery, TaskRepository, Version, testing::alice};
use infra::{SeaOrmTasks, Statement, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

use crate::{
    connect::value,
    tapped::{Recorded, Tapped},
};

on_both_databases! {
    a_task_is_found_by_the_primary_key,
    a_task_of_a_seen_version_is_found_by_the_primary_key,
    a_list_is_read_in_the_order_of_a_key,
    a_list_is_not_planned_again_each_time,
}

const PRIMARY_KEY: [&str; 2] = ["tasks_pkey", "sqlite_autoindex_tasks_1"];
const FILTER: [&str; 2] = ["tasks_user_id_completed_id_idx"; 2];

async fn a_task_is_found_by_the_primary_key(database: TestDatabase) {
    let (tasks, recorded) = recorded(&database).await;

    tasks.get(&alice().id, some_id()).await.unwrap();

    assert_uses(PRIMARY_KEY, &plan(&database, &recorded.take()[0]).await);
}

async fn a_task_of_a_seen_version_is_found_by_the_primary_key(database: TestDatabase) {
    let (tasks, recorded) = recorded(&database).await;
    let seen = Precondition::Version([1, 2, 3].map(Version::from).to_vec());

    let now = domain::Timestamp::from_unix_milliseconds(0).unwrap();
    tasks.update(&alice().id, some_id(), &TaskChanges::default(), &seen, now).await.unwrap();
    tasks.delete(&alice().id, some_id(), &seen).await.unwrap();

    for statement in recorded.take() {
        let plan = plan(&database, &statement).await;
        // SQLite scans the list of versions itself.
        assert_uses(PRIMARY_KEY, &plan.replace("SCAN json_each", ""));
    }
}

async fn a_list_is_read_in_the_order_of_a_key(database: TestDatabase) {
    let (tasks, recorded) = recorded(&database).await;
    for older_than in [None, Some(some_id())] {
        for (completed, index) in [(None, PRIMARY_KEY), (Some(true), FILTER)] {
            let query = TaskQuery { completed, older_than, limit: PageLimit::new(20).unwrap() };

            tasks.list(&alice().id, &query).await.unwrap();

            assert_uses(index, &plan(&database, &recorded.take()[0]).await);
        }
    }
}

async fn a_list_is_not_planned_again_each_time(database: TestDatabase) {
    if database.connection().get_database_backend() == DbBackend::Sqlite {
        return;
    }
    let (tasks, recorded) = recorded(&database).await;
    tasks.list(&alice().id, &TaskQuery { limit: PageLimit::new(20).unwrap(), ..TaskQuery::default() }).await.unwrap();
    let list = &recorded.take()[0].sql;

    // A transaction, so that all statements run on one connection.
    let session = database.connection().begin().await.unwrap();
    session.execute_unprepared(&format!("PREPARE list (text) AS {list}")).await.unwrap();
    for _ in 0..10 {
        session.execute_unprepared("EXECUTE list ('alice')").await.unwrap();
    }

    // Postgres plans the first five executions with their values, and then keeps a generic plan if it is as good.
    let plans = "SELECT custom_plans FROM pg_prepared_statements WHERE name = 'list'";
    assert_eq!(value(&session, plans).await, "5", "{list}");
}

/// A repository whose statements are recorded, on a table large enough for the planner to prefer an index.
async fn recorded(database: &TestDatabase) -> (SeaOrmTasks, Recorded) {
    fill(database).await;
    let (connection, recorded) = Tapped::recording(database.sql());
    (SeaOrmTasks::new(connection, database.layout()), recorded)
}

/// Adds 5,000 tasks for each user, one in twenty completed, and updates the planner's statistics.
async fn fill(database: &TestDatabase) {
    let connection = database.connection();
    let id = match connection.get_database_backend() {
        DbBackend::Sqlite => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let tasks = format!(
        "INSERT INTO tasks SELECT users.id, {id}, 'Task', NULL, number % 20 = 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1 \
         FROM (WITH RECURSIVE numbers AS (SELECT 1 AS number UNION ALL SELECT number + 1 FROM numbers WHERE number < 5000) \
         SELECT number FROM numbers) AS numbers, \"user\" AS users"
    );
    connection.execute_unprepared(&tasks).await.unwrap();
    connection.execute_unprepared("ANALYZE").await.unwrap();
}

pub(crate) fn some_id() -> TaskId {
    TaskId::try_from("80000000-0000-4000-8000-000000000000").unwrap()
}

/// The database's plan for a statement.
async fn plan(database: &TestDatabase, statement: &Statement) -> String {
    let connection = database.connection();
    let (explain, column) = match connection.get_database_backend() {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        _ => ("EXPLAIN", "QUERY PLAN"),
    };
    let explain = sea_orm::Statement::from_sql_and_values(
        connection.get_database_backend(),
        format!("{explain} {}", statement.sql),
        statement.values.clone(),
    );
    let rows = connection.query_all_raw(explain).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
    lines.join("\n")
}

/// Succeeds if a plan uses this index starting with the owner, and neither sorts nor reads the whole table.
fn assert_uses([on_postgres, on_sqlite]: [&str; 2], plan: &str) {
    let starts_at_the_owner =
        ["(user_id =", "((user_id ="].iter().any(|start| plan.contains(&format!("Index Cond: {start}")));
    let on_postgres = plan.contains(&format!("using {on_postgres} on")) && starts_at_the_owner;
    assert!(on_postgres || plan.contains(&format!("USING INDEX {on_sqlite} (user_id=")), "{plan}");
    assert!(!["Seq Scan", "Sort", "SCAN", "TEMP B-TREE"].iter().any(|step| plan.contains(step)), "{plan}");
}
