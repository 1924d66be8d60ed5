//! The executor's guarantees, tested on a Postgres server.

#![expect(clippy::unwrap_used, reason = "these are tests: their failure is a panic")]

/// Defines two tests for each case: over connections that statements share, and over connections of their own. A case is a function
/// that takes a [`TestDatabase`](support::TestDatabase).
macro_rules! shared_or_not {
    ($($case:ident,)*) => {
        shared_or_not! { @ shared create $($case)* }
        shared_or_not! { @ unshared create_without_sharing $($case)* }
    };
    (@ $name:ident $create:ident $($case:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(database) = crate::support::TestDatabase::$create().await {
                        super::$case(database).await;
                    }
                }
            )*
        }
    };
}

mod batch;
mod commits;
mod errors;
mod group_commit;
mod kinds;
mod neighbours;
mod network;
mod parameters;
mod pipeline;
mod pool;
mod pooler;
mod runtimes;
mod support;
mod tls;
mod unshared;
mod vanished_peers;
