//! Statements share connections as the settings say, and by default only on a single Postgres.

use infra::{ConnectionSharing, Database, DatabaseSettings, ExecutorKind, Sharing, testing::TestDatabase};

async fn sharing(settings: &DatabaseSettings) -> ConnectionSharing {
    Database::connect(settings).await.unwrap().sharing().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_shared_as_the_settings_say() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    for (setting, is_on, reason) in [
        (Sharing::Auto, true, "the server is a single Postgres"),
        (Sharing::On, true, "DATABASE_SHARE_CONNECTIONS is on"),
        (Sharing::Off, false, "DATABASE_SHARE_CONNECTIONS is off"),
    ] {
        let settings = DatabaseSettings { sharing: setting, ..database.settings() };

        assert_eq!(sharing(&settings).await, ConnectionSharing { is_on, reason: reason.to_owned() });

        let seaorm = DatabaseSettings { executor: ExecutorKind::SeaOrm, ..settings };
        assert!(!sharing(&seaorm).await.is_on);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_not_shared_on_citus() {
    let Some(database) = TestDatabase::empty_postgres().await else { return };
    database.pretend_citus().await;

    let decided = sharing(&database.settings()).await;
    assert_eq!(decided, ConnectionSharing { is_on: false, reason: "the server has the extension citus".to_owned() });

    let on = DatabaseSettings { sharing: Sharing::On, ..database.settings() };
    assert!(sharing(&on).await.is_on);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_share_connections_as_was_decided() {
    let Some(database) = TestDatabase::postgres_without_sharing().await else { return };

    for worker in database.clone().for_workers(2).await {
        assert!(!worker.sharing().unwrap().is_on);
    }
    assert_eq!(TestDatabase::empty_sqlite().await.sharing(), None);
}
