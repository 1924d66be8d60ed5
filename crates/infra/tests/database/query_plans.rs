//! Reading costs the same whatever others have: the plans use the keys and sort nothing.

use std::sync::Mutex;

use domain::{PageLimit, TaskId, TaskQuery, TaskRepository, testing::alice};
use infra::{SeaOrmTasks, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use crate::recording::{Recording, taken};

on_both_databases! {
    a_task_is_found_by_the_primary_key,
    a_list_is_read_in_the_order_of_a_key,
    a_list_is_not_planned_anew_each_time,
}

async fn a_task_is_found_by_the_primary_key(database: TestDatabase) {
    fill(&database).await;
    let statements = Mutex::default();
    let tasks = SeaOrmTasks::new(Recording::new(database.connection(), &statements));

    tasks.get(&alice().id, some_id()).await.unwrap();
    let plan = plan(&database, &statements).await;

    assert!(uses(&plan, "tasks_pkey", "sqlite_autoindex_tasks_1"), "{plan}");
    assert!(!reads_all_or_sorts(&plan), "{plan}");
}

async fn a_list_is_read_in_the_order_of_a_key(database: TestDatabase) {
    fill(&database).await;
    let statements = Mutex::default();
    let tasks = SeaOrmTasks::new(Recording::new(database.connection(), &statements));
    let filter = "tasks_user_id_completed_id_idx";

    for older_than in [None, Some(some_id())] {
        for (completed, on_postgres, on_sqlite) in
            [(None, "tasks_pkey", "sqlite_autoindex_tasks_1"), (Some(true), filter, filter)]
        {
            let query = TaskQuery { completed, older_than, limit: PageLimit::new(20).unwrap() };
            tasks.list(&alice().id, &query).await.unwrap();
            let plan = plan(&database, &statements).await;

            assert!(uses(&plan, on_postgres, on_sqlite), "{query:?}: {plan}");
            assert!(!reads_all_or_sorts(&plan), "{query:?}: {plan}");
        }
    }
}

async fn a_list_is_not_planned_anew_each_time(database: TestDatabase) {
    if database.connection().get_database_backend() == DbBackend::Sqlite {
        return;
    }
    fill(&database).await;
    let statements = Mutex::default();
    let tasks = SeaOrmTasks::new(Recording::new(database.connection(), &statements));
    tasks.list(&alice().id, &TaskQuery { limit: PageLimit::new(20).unwrap(), ..TaskQuery::default() }).await.unwrap();
    let list = taken(&statements).remove(0).sql;

    // In a transaction, so that all of it runs over one connection.
    let session = database.connection().begin().await.unwrap();
    session.execute_unprepared(&format!("PREPARE list (text) AS {list}")).await.unwrap();
    for _ in 0..10 {
        session.execute_unprepared("EXECUTE list ('alice')").await.unwrap();
    }
    let plans = "SELECT custom_plans FROM pg_prepared_statements WHERE name = 'list'";
    let plans = session.query_one_raw(Statement::from_string(DbBackend::Postgres, plans)).await.unwrap().unwrap();

    // Postgres tries the first five with the values at hand, and keeps to one plan if that is as good.
    assert_eq!(plans.try_get_by_index::<i64>(0).unwrap(), 5, "{list}");
}

/// Makes enough tasks for a plan to be worth a thought, one in twenty of them completed, and has the database count them.
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

fn some_id() -> TaskId {
    TaskId::try_from("80000000-0000-4000-8000-000000000000").unwrap()
}

/// How the database goes about the one statement that was recorded.
async fn plan(database: &TestDatabase, statements: &Mutex<Vec<Statement>>) -> String {
    let statement = taken(statements).remove(0);
    let (explain, column) = match statement.db_backend {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        _ => ("EXPLAIN", "QUERY PLAN"),
    };
    let values = statement.values.unwrap();
    let explain = Statement::from_sql_and_values(statement.db_backend, format!("{explain} {}", statement.sql), values);
    let rows = database.connection().query_all_raw(explain).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
    lines.join("\n")
}

fn uses(plan: &str, on_postgres: &str, on_sqlite: &str) -> bool {
    let starts_at_the_owner =
        ["(user_id =", "((user_id ="].iter().any(|start| plan.contains(&format!("Index Cond: {start}")));
    let on_postgres = plan.contains(&format!("using {on_postgres} on")) && starts_at_the_owner;
    on_postgres || plan.contains(&format!("USING INDEX {on_sqlite} (user_id="))
}

fn reads_all_or_sorts(plan: &str) -> bool {
    ["Seq Scan", "Sort", "SCAN", "TEMP B-TREE"].iter().any(|step| plan.contains(step))
}
