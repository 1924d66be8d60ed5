//! Attacks with connections: that are not read, that send slowly, or nothing, or too much.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{interval, sleep, timeout},
};

use super::{Tally, source};
use crate::{http::connect, raw};

/// The receive buffer of a connection that is not read, in bytes: what is in it has been sent as far as the service knows.
const WINDOW: u32 = 4096;

/// The time after which a connection that the service should have ended is given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// The interval at which an attack opens its connections. All at once would be a storm, which is another check.
const APART: Duration = Duration::from_millis(2);

/// The same for lists, which take far longer to answer than to be asked for.
const LISTS_APART: Duration = Duration::from_millis(150);

/// The time limit of a head: the HTTP server's own.
const HEAD: Duration = Duration::from_secs(5);

/// A whole request without a token, as short as they come.
const REQUEST: &str = "GET /api/tasks HTTP/1.1\r\nHost: x\r\n\r\n";

/// Connects, and counts it if that fails.
async fn open(to: SocketAddr, tally: &Tally, from: IpAddr, window: Option<u32>) -> Option<TcpStream> {
    match connect(from, to, window).await {
        Ok(connection) => Some(connection),
        Err(error) => {
            tally.count(format_args!("no connection ({})", error.kind()));
            sleep(Duration::from_secs(1)).await;
            None
        }
    }
}

pub(super) async fn unread_answers(
    to: SocketAddr,
    tally: &Tally,
    files: u32,
    lists: u32,
    token: &str,
    unread: Duration,
) {
    let mut connections = JoinSet::new();
    let end = "HTTP/1.1\r\nHost: x\r\nConnection: close";
    let list = format!("GET /api/tasks?limit=100 {end}\r\nAuthorization: Bearer {token}\r\n\r\n");
    for number in 0..lists {
        let (begin, tally, list) = (sleep(LISTS_APART * number), tally.clone(), list.clone());
        connections.spawn(async move {
            begin.await;
            unread_answer(to, tally, number, list, "list", unread).await;
        });
    }
    let file = format!("GET /docs/swagger-ui-bundle.js {end}\r\n\r\n");
    for number in lists..lists + files {
        let (begin, tally, file) = (sleep(APART * number), tally.clone(), file.clone());
        connections.spawn(async move {
            begin.await;
            unread_answer(to, tally, number, file, "file", unread).await;
        });
    }
    connections.join_all().await;
}

/// Asks for something large, reads nothing for a while, and then looks what there is. Again and again.
async fn unread_answer(
    to: SocketAddr,
    tally: Tally,
    number: u32,
    request: String,
    what: &'static str,
    unread: Duration,
) {
    loop {
        let Some(mut connection) = open(to, &tally, source(number), Some(WINDOW)).await else { continue };
        if connection.write_all(request.as_bytes()).await.is_err() {
            tally.count("cut off");
            continue;
        }
        tally.count(format_args!("{what} asked for"));
        // The response has begun, and nothing of it is read.
        let mut status = [0; 12];
        let begun = connection.peek(&mut status).await;
        if begun.is_err() || raw::status(&status) != Some(200) {
            tally.count(format_args!("{what} refused"));
            sleep(Duration::from_secs(1)).await;
            continue;
        }
        if number % 2 == 1 {
            // Only the service can end this.
            std::future::pending::<()>().await;
        }
        sleep(unread).await;
        match timeout(PATIENCE, raw::is_whole(&mut connection)).await {
            Ok(false) => tally.count(format_args!("{what} cut")),
            // Still being sent.
            Ok(true) | Err(_) => tally.count(format_args!("{what} sent whole")),
        }
    }
}

pub(super) async fn half_heads(to: SocketAddr, tally: &Tally, connections: u32) {
    let mut all = JoinSet::new();
    for number in 0..connections {
        let tally = tally.clone();
        all.spawn(async move {
            sleep(APART * number).await;
            loop {
                let Some(connection) = open(to, &tally, source(number), None).await else { continue };
                half_head(connection, &tally).await;
            }
        });
    }
    all.join_all().await;
}

/// Sends a short request and reads its response. Returns whether it succeeds.
async fn is_answered(connection: &mut TcpStream) -> bool {
    let mut answer = Vec::with_capacity(4096);
    let exchange = async {
        connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await?;
        // So short that it comes in one piece.
        connection.read_buf(&mut answer).await
    };
    exchange.await.is_ok() && raw::status(&answer) == Some(200)
}

async fn half_head(mut connection: TcpStream, tally: &Tally) {
    if !is_answered(&mut connection).await {
        tally.count("no first answer");
        sleep(Duration::from_secs(1)).await;
        return;
    }
    let begin = Instant::now();
    connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Half: ").await.ok();
    tally.count("half heads");
    // The connection may end with a response, or a reset.
    let ends = timeout(HEAD + PATIENCE, connection.read_to_end(&mut Vec::new())).await.is_ok();
    tally.count(if ends { "closed" } else { "not closed" });
    tally.most("longest open, ms", begin.elapsed().as_millis().try_into().unwrap_or(u64::MAX));
}

pub(super) async fn idle(to: SocketAddr, tally: &Tally, connections: u32) {
    // All from one address: that is the attack.
    let from = Ipv4Addr::new(127, 0, 1, 0).into();
    let mut all = JoinSet::new();
    for number in 0..connections {
        let tally = tally.clone();
        all.spawn(async move {
            sleep(APART * number).await;
            let Some(mut connection) = open(to, &tally, from, None).await else { return };
            tally.count("opened");
            // After a whole request it may be idle for `KEEP_ALIVE`, and before that for a few seconds only.
            if !is_answered(&mut connection).await {
                tally.count("turned away");
                return;
            }
            tally.count("kept");
            connection.read_to_end(&mut Vec::new()).await.ok();
            tally.count("closed later");
        });
    }
    all.join_all().await;
    // The connections that are left belong to the attack, and so does this process.
    std::future::pending::<()>().await;
}

pub(super) async fn slow_bodies(to: SocketAddr, tally: &Tally, tokens: Vec<String>, per_second: u32) {
    let mut requests = JoinSet::new();
    let mut due = interval(Duration::from_secs(1) / per_second);
    loop {
        due.tick().await;
        for token in &tokens {
            let head = "POST /api/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000";
            let beginning = format!("{head}\r\nAuthorization: Bearer {token}\r\n\r\n{{");
            let (tally, number) = (tally.clone(), u32::try_from(requests.len()).unwrap_or_default());
            requests.spawn(async move {
                let Some(connection) = open(to, &tally, source(number), None).await else { return };
                tally.count("bodies begun");
                match raw::trickle(connection, &beginning, Duration::from_secs(1)).await {
                    Some(status) => tally.count(status),
                    None => tally.count("cut off"),
                }
            });
        }
    }
}

pub(super) async fn pipelined(to: SocketAddr, tally: &Tally, connections: u32) {
    let mut all = JoinSet::new();
    for number in 0..connections {
        let tally = tally.clone();
        all.spawn(async move {
            let requests = REQUEST.repeat(64);
            // All from one address.
            let from = source(number / connections);
            loop {
                let Some(mut connection) = open(to, &tally, from, None).await else { continue };
                let (mut reading, mut writing) = connection.split();
                tokio::select! {
                    _ = raw::statuses(&mut reading, |status| tally.count(status)) => {}
                    () = async { while writing.write_all(requests.as_bytes()).await.is_ok() {} } => {}
                }
                tally.count("connections ended");
            }
        });
    }
    all.join_all().await;
}
