//! A start waits for a database that is not there yet, and meanwhile says so.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use infra::testing::OwnServer;
use reqwest::{Response, StatusCode, header::RETRY_AFTER};

use crate::support::{SECRET, Service, program, read};

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends requests until the service listens.
async fn get(port: u16, path: &str) -> Response {
    let begin = Instant::now();
    loop {
        match reqwest::get(format!("http://127.0.0.1:{port}{path}")).await {
            Ok(response) => return response,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(30), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_starts_before_its_database_becomes_ready() {
    let Some(server) = OwnServer::create() else { return };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
    let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
    let own_port = port.to_string();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("PORT", &own_port),
        ("ENVIRONMENT", "production"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("MIGRATE_ON_START", "on"),
    ];
    let migration = program(&directory, &settings).args(["migrate", "up"]).spawn().unwrap();
    let started = std::thread::spawn({
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        move || Service::start(&settings.each_ref().map(|(name, value)| (name.as_str(), value.as_str())))
    });

    assert_eq!(get(port, "/health/live").await.status(), StatusCode::OK);
    let (status, body) = read(get(port, "/health/ready").await).await;
    assert_eq!((status, &body["error"]["details"][0]["field"]), (StatusCode::SERVICE_UNAVAILABLE, &"database".into()));
    let answer = get(port, "/api/tasks").await;
    assert!(answer.headers().contains_key(RETRY_AFTER));
    let (status, body) = read(answer).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"UNAVAILABLE".into()));
    let asking = tokio::spawn(async move {
        loop {
            // Each gets a response.
            let status = reqwest::get(format!("http://127.0.0.1:{port}/health/ready")).await.unwrap().status();
            if status == StatusCode::OK {
                return;
            }
        }
    });

    let _server = server.start(&[]);

    asking.await.unwrap();
    let service = tokio::task::spawn_blocking(|| started.join().unwrap()).await.unwrap();
    let log = service.log();
    let lines = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    assert_eq!((lines("waiting for the database"), lines("the database answers")), (1, 1), "{log:?}");
    assert!(log.iter().any(|line| line.contains("waiting") && line.contains("Connection refused")), "{log:?}");
    service.stop();
    assert!(migration.wait_with_output().unwrap().status.success());
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_at_once() {
    let Some(server) = OwnServer::create() else { return };
    fs::write(
        server.directory().join("data/pg_hba.conf"),
        "host all postgres all trust\nhost all all all scram-sha-256\n",
    )
    .unwrap();
    let port = server.port();
    let _server = server.start(&[]);
    for (user, database, cause) in [
        ("somebody:hunter2", "postgres", "password authentication failed"),
        ("postgres", "no_such_database", "does not exist"),
    ] {
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}");
        let settings = [("ENVIRONMENT", "production"), ("DATABASE_URL", &url), ("BETTER_AUTH_SECRET", SECRET)];
        for command in [&[][..], &["migrate", "up"]] {
            let (begin, directory) = (Instant::now(), tempfile::tempdir().unwrap());

            let output = program(&directory, &settings).args(command).output().unwrap();

            let printed = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(1) && printed.contains(cause), "{printed}");
            assert!(printed.lines().count() == 1 && output.stdout.is_empty(), "{printed}");
            assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        }
    }
}

#[test]
fn a_start_gives_up_after_its_time_limit() {
    let directory = tempfile::tempdir().unwrap();
    let settings = [
        ("ENVIRONMENT", "production"),
        ("DATABASE_URL", "postgres://tasks:hunter2@127.0.0.1:1/tasks"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("DATABASE_START_TIMEOUT", "300ms"),
    ];

    let output = program(&directory, &settings).output().unwrap();

    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(
        printed.contains("Connection refused") && printed.ends_with("(waited 300ms: DATABASE_START_TIMEOUT)\n"),
        "{printed}"
    );
    let logged = String::from_utf8(output.stdout).unwrap();
    assert!(logged.contains("waiting for the database") && !logged.contains("hunter2"), "{logged}");
}
