//! What a client's connections may hold, and for how long.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{SECRET, Service, program};

/// Longer than any limit in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks for the largest file of the documentation several times, which is more than fits into the buffers of the connection, and
/// reads nothing.
async fn unread(service: &Service) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(service.address.parse().unwrap()).await.unwrap();
    let request = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(12);
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Asks for the readiness, which must be answered.
async fn is_served(connection: &mut TcpStream) {
    connection.write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(PATIENCE, connection.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

/// How long it takes until the server closes the connection.
async fn closed_after(mut connection: TcpStream) -> Duration {
    let begin = Instant::now();
    timeout(PATIENCE, connection.read_to_end(&mut Vec::new())).await.unwrap().ok();
    begin.elapsed()
}

#[tokio::test]
async fn a_response_that_is_not_read_is_cut() {
    let service = Service::with(&TestDatabase::sqlite().await, &[("SEND_TIMEOUT", "1s")]);
    let mut connection = unread(&service).await;

    tokio::time::sleep(Duration::from_secs(3)).await;

    let mut read = Vec::new();
    timeout(PATIENCE, connection.read_to_end(&mut read)).await.unwrap().ok();
    let answers = read.windows(12).filter(|window| window == b"HTTP/1.1 200").count();
    assert!((1..12).contains(&answers), "{answers} answers");
    service.stop();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_client_that_does_not_read() {
    let mut service = Service::with(&TestDatabase::sqlite().await, &[("SHUTDOWN_TIMEOUT", "4s")]);
    let _connection = unread(&service).await;
    tokio::time::sleep(Duration::from_millis(500)).await;

    service.send_signal("-TERM");

    assert!(service.wait().success());
}

#[tokio::test]
async fn every_head_of_a_connection_has_a_time_limit() {
    const WHOLE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    const HALF: &str = "GET /health/live HTTP/1.1\r\nHost";
    let service = Service::on(&TestDatabase::sqlite().await);
    let [first, second, together, idle] = [
        vec![HALF.to_owned()],
        vec![WHOLE.to_owned(), HALF.to_owned()],
        vec![format!("{WHOLE}{HALF}")],
        vec![WHOLE.to_owned(), WHOLE.to_owned()],
    ]
    .map(async |parts| {
        let mut connection = TcpStream::connect(&service.address).await.unwrap();
        for part in parts {
            connection.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        timeout(Duration::from_secs(9), closed_after(connection)).await
    });

    let (first, second, together, idle) = tokio::join!(first, second, together, idle);

    for closed in [first, second, together] {
        let closed = closed.unwrap();
        assert!(closed > Duration::from_secs(4), "{closed:?}");
    }
    assert!(idle.is_err(), "an idle connection is kept");
    service.stop();
}

#[tokio::test]
async fn an_address_with_many_connections_leaves_room_for_others() {
    let settings = [("MAX_CONNECTIONS", "10"), ("MAX_CONNECTIONS_PER_ADDRESS", "3")];
    let service = Service::with(&TestDatabase::sqlite().await, &settings);
    let mut held = Vec::new();
    for _connection in 0..3 {
        let mut connection = TcpStream::connect(&service.address).await.unwrap();
        is_served(&mut connection).await;
        held.push(connection);
    }
    let refused = TcpStream::connect(&service.address).await.unwrap();
    assert!(closed_after(refused).await < Duration::from_secs(2));

    let other = TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(service.address.parse().unwrap()).await.unwrap();
    is_served(&mut other).await;

    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let live = service.anonymous(Method::GET, "/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    service.stop();
}

/// The program with these settings, where the process may open this number of files.
fn with_files(directory: &tempfile::TempDir, files: u32, settings: &[(&str, &str)]) -> Command {
    let program = program(directory, settings);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {files}; exec \"$0\"")]).arg(program.get_program());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn more_connections_than_files_stop_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let settings = [
        ("ENVIRONMENT", "production"),
        ("DATABASE_URL", "sqlite:tasks.db"),
        ("MIGRATE_ON_START", "on"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("MAX_CONNECTIONS", "500"),
    ];

    let output = with_files(&directory, 400, &settings).output().unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("tasks-api: MAX_CONNECTIONS 500 needs ") && said.contains("ulimit -n"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn signals_that_mean_nothing_here_do_not_end_the_process() {
    let mut service = Service::on(&TestDatabase::sqlite().await);
    for signal in ["-HUP", "-USR1", "-USR2"] {
        service.send_signal(signal);
        service.wait_for_log(|line| line.contains(&format!("ignored SIG{}", &signal[1..])));
    }
    let live = service.anonymous(Method::GET, "/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);

    service.send_signal("-QUIT");

    assert!(service.wait().success());
    service.wait_for_log(|line| line.contains("stopped"));
}
