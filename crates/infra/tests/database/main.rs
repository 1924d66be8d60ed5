//! The guarantees of this crate, on both databases.

#![expect(clippy::unwrap_used, reason = "these are tests: their failure is a panic")]

/// Defines two tests for each case, one on SQLite and one on Postgres. A case is a function that takes a [`TestDatabase`],
/// either empty or with the full schema and users.
///
/// [`TestDatabase`]: infra::testing::TestDatabase
macro_rules! on_both_databases {
    ($($case:ident,)*) => {
        on_both_databases! { @cases sqlite postgres $($case)* }
    };
    (empty: $($case:ident,)*) => {
        on_both_databases! { @cases empty_sqlite empty_postgres $($case)* }
    };
    (@cases $sqlite:ident $postgres:ident $($case:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    super::$case(infra::testing::TestDatabase::$sqlite().await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(database) = infra::testing::TestDatabase::$postgres().await {
                        super::$case(database).await;
                    }
                }
            )*
        }
    };
}

/// Defines two tests for each case on Postgres: over connections that statements share, and over connections of their own. Each runs
/// on one thread, so that concurrent writes form groups where they can.
macro_rules! shared_or_not {
    ($($case:ident,)*) => {
        shared_or_not! { @ shared postgres $($case)* }
        shared_or_not! { @ unshared postgres_without_sharing $($case)* }
    };
    (@ $name:ident $database:ident $($case:ident)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $case() {
                    if let Some(database) = infra::testing::TestDatabase::$database().await {
                        super::$case(database).await;
                    }
                }
            )*
        }
    };
}

mod access;
mod backup;
mod better_auth;
mod certificates;
mod columns;
mod connect;
mod contract;
mod encoding;
mod fail_over;
mod group_commit;
mod history;
mod intact;
mod layouts;
mod log;
mod migrations;
mod mixed_up;
mod move_tasks;
mod own_schema;
mod pipelines;
mod pooler;
mod query_plans;
mod races;
mod restore;
mod rows;
mod schema;
mod server;
mod sessions;
mod shard;
mod sharing;
mod statements;
mod statistics;
mod tapped;
mod tls;
mod unknown_users;
mod user_table;
mod users;
mod workers;
