//! Slow clients, and many that connect and reset.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Fault, SQLITE,
    context::Context,
    database::Store,
    load::{Load, Plan},
    promises::{GRACE, Measured, UNNOTICED},
    raw::{self, status},
    service::Service,
};

/// The time limit of a request's head: the HTTP server's own.
const HEAD: Duration = Duration::from_secs(5);

/// The time limit of a request's body in the check of slow clients.
const BODY: Duration = Duration::from_secs(2);

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "clients-slow",
            story: "200 clients send half a head, 200 a body byte by byte, 200 never end theirs, beside normal clients",
            // The database is not involved.
            on: SQLITE,
            promises: UNNOTICED,
            check: |context, store| Box::pin(slow(context, store)),
        },
        Fault {
            name: "connection-storm",
            story: "2000 connections are opened and reset, some during a request, beside normal clients",
            on: SQLITE,
            promises: UNNOTICED,
            check: |context, store| Box::pin(storm(context, store)),
        },
    ]
}

async fn slow(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    let settings = database.settings().with("BODY_TIMEOUT", &format!("{}ms", BODY.as_millis()));
    let service = Service::start(context, &settings).await?;
    let load = Load::start(context, service.address, "beside", &Plan::default());
    let authorization = format!("Authorization: Bearer {}", context.token("slow"));
    let (mut heads, mut bodies, mut unread) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    for _ in 0..200 {
        heads.spawn(trickle(service.address, "GET /api/tasks HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()));
        let head = "POST /api/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000";
        bodies.spawn(trickle(service.address, format!("{head}\r\n{authorization}\r\n\r\n{{")));
        unread.spawn(stall(service.address));
    }
    let (heads, bodies, unread) = (heads.join_all().await, bodies.join_all().await, unread.join_all().await);
    let mut measured = load.stop().await?.finish(None, context, service.address).await?;
    for (what, limit, ends) in [("head", HEAD, heads), ("body", BODY, bodies)] {
        let statement = format!("a slow {what} gets 408 in time");
        let others: Vec<_> =
            ends.into_iter().filter(|(status, took)| *status != Some(408) || *took > limit + 2 * GRACE).collect();
        measured.must(others.is_empty(), &statement, &(others.len(), others.first()));
    }
    let kept = unread.iter().filter(|is_closed| !**is_closed).count();
    measured.must(kept == 0, "the connection is closed if the rest of a rejected body does not come", &kept);
    Ok(measured)
}

/// Sends a request that is rejected before its body is read, and never sends the end of the body. Returns whether the service
/// closes the connection.
async fn stall(address: SocketAddr) -> bool {
    let exchange = async {
        let mut connection = TcpStream::connect(address).await.ok()?;
        let head = "POST /api/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked";
        connection.write_all(format!("{head}\r\n\r\n5\r\n{{").as_bytes()).await.ok()?;
        let mut response = Vec::new();
        // The connection may end with a reset.
        connection.read_to_end(&mut response).await.ok();
        status(&response)
    };
    timeout(HEAD + Duration::from_secs(5), exchange).await.ok().flatten().is_some()
}

/// Sends `beginning` and then a byte every half second. Returns the status of the response and the time until it came.
async fn trickle(address: SocketAddr, beginning: String) -> (Option<u16>, Duration) {
    let begin = Instant::now();
    let exchange = async {
        let connection = TcpStream::connect(address).await.ok()?;
        raw::trickle(connection, &beginning, Duration::from_millis(500)).await
    };
    let status = timeout(HEAD + Duration::from_secs(5), exchange).await.ok().flatten();
    (status, begin.elapsed())
}

async fn storm(context: &Context, store: Store) -> anyhow::Result<Measured> {
    const WAVE: usize = 500;
    /// The number of whole requests. More of them, even in several waves, would exceed the limit of requests in flight.
    const WHOLE: usize = 200;
    let waves = context.rounds(4, 40) as usize;
    let database = context.database(store).await?;
    let service = Service::start(context, &database.settings()).await?;
    let load = Load::start(context, service.address, "beside", &Plan::default());
    sleep(Duration::from_millis(700)).await;
    let before = open_files(&service)?;
    let request =
        format!("GET /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", context.token("storm"));
    for wave in 0..waves {
        let mut connections = Vec::new();
        for number in wave * WAVE..(wave + 1) * WAVE {
            let Ok(mut connection) = TcpStream::connect(service.address).await else { continue };
            // Nothing, half of a request, or all of it. Nobody reads the response.
            let sent = if number % (waves * WAVE / WHOLE) == 0 {
                request.len()
            } else if number % 10 < 5 {
                request.len() / 2
            } else {
                0
            };
            connection.write_all(&request.as_bytes()[..sent]).await.ok();
            connection.set_zero_linger()?;
            connections.push(connection);
        }
        anyhow::ensure!(connections.len() > WAVE / 2, "too few connections: {}", connections.len());
        drop(connections);
    }
    sleep(Duration::from_millis(500)).await;
    let mut measured = load.stop().await?.finish(None, context, service.address).await?;
    let begin = Instant::now();
    // The sockets of the load are closed by now.
    while open_files(&service)? > before && begin.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(50)).await;
    }
    let after = open_files(&service)?;
    measured.must(after <= before, "every connection's socket is closed", &(before, after));
    Ok(measured)
}

fn open_files(service: &Service) -> anyhow::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{}/fd", service.id()))?.count())
}
