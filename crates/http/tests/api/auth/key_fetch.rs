//! Fetching the key set over HTTP, from good and bad servers.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use http::{HttpKeySource, KeySource};

/// A server that counts requests, sends these bytes to each, then waits.
fn server(answer: impl Into<Vec<u8>>, wait: Duration) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/auth/jwks", listener.local_addr().unwrap());
    let (answer, requests) = (answer.into(), Arc::new(AtomicUsize::new(0)));
    let counted = requests.clone();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(&answer);
            thread::sleep(wait);
        }
    });
    (url, requests)
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

async fn fetch(url: String) -> Result<Vec<u8>, String> {
    HttpKeySource::new(url.parse().unwrap()).unwrap().fetch().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_key_set_is_fetched() {
    let (url, _) = server(response("200 OK", "", r#"{"keys":[]}"#), Duration::ZERO);

    assert_eq!(fetch(url).await.unwrap(), br#"{"keys":[]}"#);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, requests) = server(response("200 OK", "", "{}"), Duration::ZERO);
    let (url, _) = server(response("302 Found", &format!("Location: {elsewhere}\r\n"), ""), Duration::ZERO);

    let why = fetch(url).await.unwrap_err();
    assert!(why.contains("redirects (302 Found) to") && why.contains(&elsewhere), "{why}");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_redirect_says_where_it_leads_without_the_query() {
    for (location, shown) in [
        ("https://www.app.example/api/auth/jwks?token=secret", "to https://www.app.example/api/auth/jwks,"),
        ("https://user:secret@www.app.example/login#secret", "to https://www.app.example/login,"),
        ("/login?next=secret", "/login,"),
        ("", "/api/auth/jwks,"),
    ] {
        let (url, _) =
            server(response("308 Permanent Redirect", &format!("Location: {location}\r\n"), ""), Duration::ZERO);
        let why = fetch(format!("{url}?key=secret")).await.unwrap_err();
        assert!(why.contains(shown) && why.contains("set JWKS_URL") && !why.contains("secret"), "{why}");
    }
    let (url, _) = server(response("302 Found", "", ""), Duration::ZERO);
    assert!(fetch(url).await.unwrap_err().contains("to nowhere"));
}

#[tokio::test]
async fn what_came_back_instead_of_a_key_set_is_named() {
    let page = "<!doctype html><title>Sign in</title>";
    for (status, body, expected) in [
        ("401 Unauthorized", page, "answered with 401 Unauthorized: a firewall"),
        ("403 Forbidden", page, "answered with 403 Forbidden: a firewall"),
        ("404 Not Found", page, "answered with 404 Not Found: does the app have the jwt plugin?"),
        ("500 Internal Server Error", "", "answered with 500 Internal Server Error"),
        ("429 Too Many Requests", "", "answered with 429 Too Many Requests"),
        ("200 OK", page, "answered with an HTML page"),
    ] {
        let (url, _) = server(response(status, "", body), Duration::ZERO);
        let why = fetch(url.clone()).await.unwrap_err();
        assert!(why.starts_with(&format!("{url} {expected}")), "{why}");
        assert!(why.contains("JWKS_URL") && why.ends_with("(docs/troubleshooting.md#key-set)"), "{why}");
    }
}

#[tokio::test]
async fn a_failed_connection_says_why_and_what_to_do() {
    let (plain, _) = server(response("200 OK", "", "{}"), Duration::ZERO);
    for (url, expected) in [
        ("http://no-such-host.invalid/jwks".to_owned(), "http://no-such-host.invalid/jwks cannot be reached ("),
        ("http://127.0.0.1:1/jwks".to_owned(), "refused"),
        (plain.replace("http:", "https:"), "cannot be reached ("),
    ] {
        let why = fetch(url).await.unwrap_err();
        assert!(why.contains(expected) && why.contains("set JWKS_URL") && why.lines().count() == 1, "{why}");
    }
}

#[tokio::test]
async fn the_service_names_itself_to_firewalls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let seen = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let length = connection.read(&mut head).unwrap();
        connection.write_all(response("200 OK", "", "{}").as_bytes()).unwrap();
        String::from_utf8_lossy(&head[..length]).to_lowercase()
    });

    fetch(url).await.unwrap();

    let seen = seen.join().unwrap();
    assert!(seen.contains(&format!("user-agent: tasks-api/{}\r\n", env!("CARGO_PKG_VERSION"))), "{seen}");
}

#[tokio::test]
async fn an_error_response_is_not_a_key_set() {
    for status in ["500 Internal Server Error", "404 Not Found", "204 No Content", "206 Partial Content"] {
        let (url, _) = server(response(status, "", r#"{"keys":[]}"#), Duration::ZERO);
        assert!(fetch(url).await.is_err(), "{status}");
    }
}

#[tokio::test]
async fn a_large_key_set_is_not_read_to_its_end() {
    let endless = format!("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n{}", " ".repeat(256 * 1024));
    let (url, _) = server(endless, Duration::from_secs(5));

    assert!(fetch(url).await.unwrap_err().contains("larger than"));
}

#[tokio::test]
async fn a_fetch_times_out_after_two_seconds() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let (url, _) = server(answer, Duration::from_secs(10));
        let begin = Instant::now();

        assert!(fetch(url).await.is_err());
        assert!((1900..3500).contains(&begin.elapsed().as_millis()), "{:?}", begin.elapsed());
    }
}
