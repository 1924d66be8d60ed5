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
    HttpKeySource::new(url).unwrap().fetch().await.map_err(|error| error.to_string())
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

    assert!(fetch(url).await.unwrap_err().contains("302"));
    assert_eq!(requests.load(Ordering::SeqCst), 0);
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

#[tokio::test]
async fn a_refused_connection_is_an_error() {
    assert!(fetch("http://127.0.0.1:1/jwks".to_owned()).await.is_err());
}
