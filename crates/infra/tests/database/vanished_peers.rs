//! Peers that vanish without a word, as behind a broken network, do not take the pool with them.

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
    net::{TcpListener, TcpStream, UnixStream},
    time::timeout,
};
use url::Url;

trait Peer: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Peer for T {}

/// Connects to the server of this database.
async fn server(url: &Url) -> Box<dyn Peer> {
    let port = url.port().unwrap_or(5432);
    match url.query_pairs().find(|(name, _)| name == "host") {
        Some((_, directory)) => Box::new(UnixStream::connect(format!("{directory}/.s.PGSQL.{port}")).await.unwrap()),
        None => Box::new(TcpStream::connect((url.host_str().unwrap(), port)).await.unwrap()),
    }
}

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

/// A network between the pool and the server. What is connected when `broken` becomes true is lost; after that, with
/// another flag, all is well.
async fn network(url: Url, broken: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let broken = if broken.load(Ordering::SeqCst) { Arc::default() } else { broken.clone() };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = tokio::io::split(server(&url).await);
            tokio::spawn(pass(from_client, to_server, broken.clone()));
            tokio::spawn(pass(from_server, to_client, broken));
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_peers_all_vanished_is_back_within_moments() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let url = Url::parse(database.url()).unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let port = network(url.clone(), broken.clone()).await;
    let mut through_it = url;
    through_it.set_host(Some("127.0.0.1")).unwrap();
    through_it.set_port(Some(port)).unwrap();
    through_it.set_query(Some("sslmode=disable"));
    let settings = DatabaseSettings {
        max_connections: 2,
        ..DatabaseSettings::new(DatabaseUrl::parse(through_it.as_str()).unwrap())
    };
    let tasks = Database::connect(&settings).await.unwrap().tasks();
    let (a, b) = tokio::join!(tasks.check(), tasks.check());
    a.and(b).unwrap();

    broken.store(true, Ordering::SeqCst);
    let request = || timeout(Duration::from_millis(200), tasks.check());
    let (a, b) = tokio::join!(request(), request());
    assert!(a.is_err() && b.is_err(), "requests are given up");

    tasks.check().await.unwrap();
}
