use tokio::time::{Instant, timeout};

use super::*;

const MOMENT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(10);

/// A server that echoes.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = connection.split();
                tokio::io::copy(&mut from, &mut to).await.ok();
            });
        }
    });
    address
}

async fn proxy() -> Proxy {
    Proxy::start(&[echo().await]).await.unwrap()
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address).await.unwrap()
}

/// Whether a byte is echoed within this time.
async fn answers(connection: &mut TcpStream, within: Duration) -> bool {
    let exchange = async {
        connection.write_all(b"x").await?;
        connection.read_exact(&mut [0]).await
    };
    matches!(timeout(within, exchange).await, Ok(Ok(_)))
}

#[tokio::test]
async fn pass_forwards_bytes_and_the_end_both_ways() {
    let proxy = proxy().await;
    let mut connection = connect(&proxy).await;
    assert!(answers(&mut connection, LONG).await);
    connection.shutdown().await.unwrap();
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn cut_resets_existing_connections_only() {
    let proxy = proxy().await;
    let mut connection = connect(&proxy).await;
    assert!(answers(&mut connection, LONG).await);
    proxy.cut();
    let end = timeout(LONG, connection.read(&mut [0])).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert!(answers(&mut connect(&proxy).await, LONG).await);
}

#[tokio::test]
async fn blackhole_hangs_all_connections_until_pass() {
    let proxy = proxy().await;
    let mut old = connect(&proxy).await;
    assert!(answers(&mut old, LONG).await);
    proxy.set(Mode::Blackhole);
    let mut new = connect(&proxy).await;
    assert!(!answers(&mut old, MOMENT).await);
    assert!(!answers(&mut new, MOMENT).await);
    proxy.set(Mode::Pass);
    assert!(timeout(LONG, old.read_exact(&mut [0])).await.unwrap().is_ok(), "what was sent in the meantime arrives");
    assert!(timeout(LONG, new.read_exact(&mut [0])).await.unwrap().is_ok());
}

#[tokio::test]
async fn lost_connections_stay_silent_while_new_ones_work() {
    let proxy = proxy().await;
    let mut old = connect(&proxy).await;
    assert!(answers(&mut old, LONG).await);
    proxy.lose();
    assert!(!answers(&mut old, MOMENT).await);
    assert!(answers(&mut connect(&proxy).await, LONG).await);
    proxy.set(Mode::Delay(Duration::from_millis(1)));
    proxy.set(Mode::Pass);
    assert!(timeout(MOMENT, old.read(&mut [0])).await.is_err(), "not even its end arrives");
    proxy.lose();
    assert!(timeout(LONG, old.read(&mut [0])).await.is_ok_and(|end| end.is_err()));
}

#[tokio::test]
async fn refuse_rejects_new_connections_until_pass() {
    let proxy = proxy().await;
    let mut old = connect(&proxy).await;
    assert!(answers(&mut old, LONG).await);
    proxy.set(Mode::Refuse);
    while TcpStream::connect(proxy.address).await.is_ok() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(answers(&mut old, LONG).await);
    proxy.set(Mode::Pass);
    while TcpStream::connect(proxy.address).await.is_err() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(answers(&mut connect(&proxy).await, LONG).await);
}

#[tokio::test]
async fn delay_applies_to_each_direction() {
    let proxy = proxy().await;
    let mut connection = connect(&proxy).await;
    proxy.set(Mode::Delay(MOMENT));
    let begin = Instant::now();
    assert!(answers(&mut connection, LONG).await);
    assert!(begin.elapsed() >= 2 * MOMENT);
}

#[tokio::test]
async fn target_that_refuses_is_skipped() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Proxy::start(&[gone, echo().await]).await.unwrap();
    for _ in 0..2 {
        assert!(answers(&mut connect(&proxy).await, LONG).await);
    }
    proxy.aim(&[gone]);
    assert!(!answers(&mut connect(&proxy).await, MOMENT).await);
}
