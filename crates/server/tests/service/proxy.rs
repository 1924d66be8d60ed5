//! The key set and a proxy that the environment names.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};

use crate::support::{SECRET, Service};

/// A server that reports its name and the first line of every request, and answers with an error.
fn server(name: &'static str, requests: Sender<(&'static str, String)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            let _ = BufReader::new(&connection).read_line(&mut line);
            let _ = requests.send((name, line.trim_end().to_owned()));
            let _ = connection.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    address
}

/// The first request for a key set at this address. `KEYS` is replaced by the address of a server of the test.
fn first_request_for(url: &str) -> (&'static str, String) {
    let (sender, requests) = channel();
    let keys = server("keys", sender.clone());
    let proxy = format!("http://{}", server("proxy", sender));
    let _service = Service::start(&[
        ("DATABASE_URL", "sqlite:tasks.db"),
        ("MIGRATE_ON_START", "on"),
        ("BETTER_AUTH_SECRET", SECRET),
        ("JWKS_URL", &url.replace("KEYS", &keys)),
        ("JWT_ISSUER", "https://app.example"),
        ("JWT_AUDIENCE", "https://app.example"),
        ("HTTP_PROXY", &proxy),
        ("HTTPS_PROXY", &proxy),
    ]);
    requests.recv_timeout(Duration::from_secs(30)).unwrap()
}

#[test]
fn keys_of_a_private_host_are_fetched_directly() {
    assert_eq!(first_request_for("http://KEYS/jwks"), ("keys", "GET /jwks HTTP/1.1".to_owned()));
}

#[test]
fn keys_of_a_public_host_are_fetched_through_the_proxy() {
    let expected = ("proxy", "CONNECT keys.example:443 HTTP/1.1".to_owned());
    assert_eq!(first_request_for("https://keys.example/jwks"), expected);
}
