//! A URL with several hosts: connections go to the one that accepts writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::Readiness;
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use sea_orm::ConnectionTrait;
use tokio::{
    io::copy_bidirectional,
    net::TcpListener,
    time::{sleep, timeout},
};
use url::Url;

use crate::server::server;

/// A host in front of the database. While it is down, it ends every connection.
struct Host {
    port: u16,
    is_up: Arc<AtomicBool>,
}

impl Host {
    async fn before(database: &TestDatabase, is_up: bool) -> Self {
        let (listener, url) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Url::parse(database.url()).unwrap());
        let (port, is_up) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(is_up)));
        let state = Arc::clone(&is_up);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let (url, state) = (url.clone(), Arc::clone(&state));
                tokio::spawn(async move {
                    let down = async {
                        while state.load(Relaxed) {
                            sleep(Duration::from_millis(5)).await;
                        }
                    };
                    let up = async { copy_bidirectional(&mut client, &mut server(&url).await).await };
                    if state.load(Relaxed) {
                        tokio::select! {
                            () = down => {}
                            _ = up => {}
                        }
                    }
                });
            }
        });
        Self { port, is_up }
    }
}

/// The URL of the database with these hosts.
fn with_hosts(database: &TestDatabase, ports: &[u16], parameters: &str) -> DatabaseUrl {
    let url = Url::parse(database.url()).unwrap();
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let password = url.password().map(|password| format!(":{password}")).unwrap_or_default();
    let (user, hosts, path) = (url.username(), hosts.join(","), url.path());
    let text = format!("postgres://{user}{password}@{hosts}{path}?sslmode=disable&{parameters}");
    DatabaseUrl::parse(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_follow_the_database_to_another_host() {
    let Some(database) = TestDatabase::postgres().await else { return };
    for executor in [ExecutorKind::Pipelined, ExecutorKind::SeaOrm] {
        let (first, second) = (Host::before(&database, true).await, Host::before(&database, false).await);
        let url = with_hosts(&database, &[first.port, second.port], "");
        let settings = DatabaseSettings { executor, ..DatabaseSettings::new(url) };
        let over_both = Database::connect(&settings).await.unwrap();
        over_both.tasks().check().await.unwrap();

        for (dies, lives) in [(&first, &second), (&second, &first)] {
            lives.is_up.store(true, Relaxed);
            dies.is_up.store(false, Relaxed);
            // Until its connections have ended: none of them may answer below.
            sleep(Duration::from_millis(100)).await;

            let moved = timeout(Duration::from_secs(20), async {
                while over_both.tasks().check().await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
            });
            assert!(moved.await.is_ok(), "{executor:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_read_only_is_passed_over() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (host, other) = (Host::before(&database, true).await, Host::before(&database, true).await);
    let sql = |state: &str| {
        let name = Url::parse(database.url()).unwrap().path().trim_start_matches('/').to_owned();
        format!("ALTER DATABASE {name} SET default_transaction_read_only = {state}")
    };
    let ports = [host.port, other.port];
    let connect = async |parameters: &str| {
        let url = with_hosts(&database, &ports, parameters);
        let settings = DatabaseSettings { start_timeout: None, ..DatabaseSettings::new(url) };
        Database::connect(&settings).await.map(drop).map_err(|error| error.to_string())
    };
    database.connection().execute_unprepared(&sql("on")).await.unwrap();

    for parameters in ["", "target_session_attrs=read-write", "target_session_attrs=primary"] {
        let error = connect(parameters).await.unwrap_err();
        assert!(error.contains("host 1: ") && error.contains("host 2: database does not allow writes"), "{error}");
    }
    connect("target_session_attrs=any").await.unwrap();

    let sql = format!("BEGIN READ WRITE; {}; COMMIT", sql("off"));
    database.connection().execute_unprepared(&sql).await.unwrap();
    connect("").await.unwrap();
}
