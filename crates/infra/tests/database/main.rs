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

mod access;
mod better_auth;
mod columns;
mod connect;
mod contract;
mod encoding;
mod group_commit;
mod history;
mod layouts;
mod migrations;
mod mixed_up;
mod pipelines;
mod pooler;
mod query_plans;
mod races;
mod rows;
mod schema;
mod server;
mod sessions;
mod statements;
mod statistics;
mod tapped;
mod tls;
mod users;
mod workers;
