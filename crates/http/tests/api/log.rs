//! The lines of the log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::http::Method;
use http::{
    Limits,
    testing::{TestApp, is},
};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::envelope::broken;

/// The log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// How many lines contain this text.
    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().filter(|line| line.contains(text)).count()
    }
}

#[actix_web::test]
async fn requests_without_a_user_share_lines_by_address() {
    tokio::time::pause();
    let (log, _guard) = Log::start();
    let test = TestApp::new();
    let app = test.start().await;
    let limits = test.api.limits.clone();
    actix_web::rt::spawn(async move { limits.keep_small().await });
    tokio::task::yield_now().await;
    for path in ["/api/tasks", "/nothing", "/openapi.json"] {
        for _request in 0..50 {
            app.anonymous(Method::GET, path).from("192.0.2.1").header("authorization", "Bearer x.y.z").send().await;
        }
    }
    let preflight = app.anonymous(Method::OPTIONS, "/api/tasks").header("origin", "http://evil.example");
    let preflight = preflight.header("access-control-request-method", "GET").from("192.0.2.1").send().await;
    assert_eq!(preflight.outcome(), is(403, "FORBIDDEN"));

    assert_eq!((log.count("answered"), log.count("rejected a token")), (10, 10));
    for _request in 0..50 {
        app.alice(Method::GET, "/api/tasks").from("192.0.2.1").send().await;
    }
    assert_eq!(log.count("answered"), 60, "a user's requests have a line each");
    app.anonymous(Method::GET, "/nothing").from("192.0.2.2").send().await;
    assert_eq!(log.count("answered"), 61, "another address has its own limit");

    tokio::time::sleep(Duration::from_millis(5_100)).await;
    let summary = r#"answered more requests without a user address="192.0.2.1" requests=141 statuses="200: 50, 401: 40, 403: 1, 404: 50""#;
    assert_eq!((log.count("more requests"), log.count(summary)), (1, 1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(log.count("more requests"), 1);
}

#[actix_web::test]
async fn causes_of_errors_without_a_user_share_lines_too() {
    tokio::time::pause();
    let (log, _guard) = Log::start();
    let test = broken();
    test.api.lifecycle.begin_stopping();
    let app = test.start().await;
    for _request in 0..50 {
        assert_eq!(app.anonymous(Method::GET, "/health/ready").send().await.outcome(), is(503, "UNAVAILABLE"));
    }
    assert_eq!(log.count("request failed"), 10);
    for _request in 0..20 {
        assert_eq!(app.alice(Method::GET, "/api/tasks").send().await.outcome(), is(503, "UNAVAILABLE"));
    }
    assert_eq!(log.count("request failed"), 30);
}

#[actix_web::test]
async fn overload_is_logged_once_a_second() {
    tokio::time::pause();
    let (log, _guard) = Log::start();
    let mut test = TestApp::new();
    test.api.limits = Arc::new(Limits::new(0));
    let app = test.start().await;
    for _second in 0..2 {
        for _request in 0..50 {
            assert_eq!(app.alice(Method::GET, "/api/tasks").send().await.outcome(), is(503, "UNAVAILABLE"));
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }

    assert_eq!(log.count("MAX_IN_FLIGHT requests are in flight"), 2);
    assert_eq!(log.count("requests=50"), 1);
}
