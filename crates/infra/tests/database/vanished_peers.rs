//! Peers that vanish without a word or are far away, as behind a broken or long network, do not take the pool with them.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::Readiness;
use infra::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    time::{sleep, timeout},
};
use url::Url;

use crate::server::server;

/// Passes on what one side sends, until the network breaks: then nothing arrives any more, not even the end.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, broken: Arc<AtomicBool>) {
    let mut bytes = [0; 4096];
    loop {
        let length = from.read(&mut bytes).await.unwrap_or(0);
        if broken.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
        if length == 0 || to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

/// A network between the pool and the server at `url`, and the URL that leads through it. To connect takes as long as
/// `distance`. What is connected when `broken` becomes true is lost; after that, with another flag, all is well.
pub(crate) async fn network(url: &str, distance: Duration, broken: Arc<AtomicBool>) -> DatabaseUrl {
    let url = Url::parse(url).unwrap();
    let mut through_it = url.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    through_it.set_host(Some("127.0.0.1")).unwrap();
    through_it.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    through_it.set_query(Some("sslmode=disable"));
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let broken = if broken.load(Ordering::SeqCst) { Arc::default() } else { broken.clone() };
            let url = url.clone();
            tokio::spawn(async move {
                sleep(distance).await;
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = tokio::io::split(server(&url).await);
                tokio::join!(pass(from_client, to_server, broken.clone()), pass(from_server, to_client, broken));
            });
        }
    });
    DatabaseUrl::parse(through_it.as_str()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_peers_all_vanished_is_back_within_moments() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let broken = Arc::new(AtomicBool::new(false));
    let url = network(database.url(), Duration::ZERO, broken.clone()).await;
    let settings = DatabaseSettings { max_connections: 2, ..DatabaseSettings::new(url) };
    let tasks = Database::connect(&settings).await.unwrap().tasks();
    let (a, b) = tokio::join!(tasks.check(), tasks.check());
    a.and(b).unwrap();

    broken.store(true, Ordering::SeqCst);
    let request = || timeout(Duration::from_millis(200), tasks.check());
    let (a, b) = tokio::join!(request(), request());
    assert!(a.is_err() && b.is_err(), "requests are given up");

    tasks.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_nobody_has_used_since_another_fell_silent_is_asked_before_it_is_used() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let broken = Arc::new(AtomicBool::new(false));
    let url = network(database.url(), Duration::ZERO, broken.clone()).await;
    let settings = DatabaseSettings {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_mins(1),
        ..DatabaseSettings::new(url)
    };
    let tasks = Database::connect(&settings).await.unwrap().tasks();
    let (a, b) = tokio::join!(tasks.check(), tasks.check());
    a.and(b).unwrap();

    broken.store(true, Ordering::SeqCst);
    let silent = tokio::spawn({
        let tasks = tasks.clone();
        async move { tasks.check().await }
    });
    sleep(Duration::from_millis(500)).await;

    timeout(Duration::from_secs(20), tasks.check()).await.unwrap().unwrap();
    silent.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_further_away_than_anyone_waits_is_reached_all_the_same() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let url = network(database.url(), Duration::from_millis(200), Arc::default()).await;
    let acquire_timeout = Duration::from_millis(150);
    let settings = DatabaseSettings { max_connections: 1, acquire_timeout, ..DatabaseSettings::new(url) };
    let tasks = Database::connect(&settings).await.unwrap().tasks();

    tasks.check().await.unwrap_err();
    let reached = async { while tasks.check().await.is_err() {} };

    timeout(Duration::from_secs(30), reached).await.unwrap();
}
