//! A key set server like an app with Better Auth, which can also send invalid responses; and tokens signed with its key.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::anyhow;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

use crate::tokens;

/// What the server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    Keys,
    /// Status 500.
    Error,
    /// An HTML page with status 200.
    Html,
    /// JSON that never ends.
    Endless,
    /// The key set, one byte every half second.
    Trickle,
}

/// A running server. Dropping it stops it.
pub(crate) struct KeyServer {
    pub(crate) address: SocketAddr,
    key: Arc<Ed25519KeyPair>,
    serves: watch::Sender<Serves>,
    requests: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

const KEY_ID: &str = "the-key-of-the-fault-suite";

impl KeyServer {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let key = Arc::new(Ed25519KeyPair::generate().map_err(|_unspecified| anyhow!("no key"))?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (serves, requests) = (watch::Sender::new(Serves::Keys), Arc::new(AtomicU64::new(0)));
        let (now, counted, set) = (serves.subscribe(), requests.clone(), key_set(&key).to_string());
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(connection, *now.borrow(), set.clone()));
            }
        });
        Ok(Self { address, key, serves, requests, listening })
    }

    pub(crate) fn serve(&self, what: Serves) {
        self.serves.send_replace(what);
    }

    /// How many requests it has received.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// A token of this user from the app at `origin`.
    pub(crate) fn token(&self, user: &str, origin: &str) -> String {
        self.token_with(user, origin, KEY_ID)
    }

    /// The same with a key id that is not in the key set.
    pub(crate) fn token_with(&self, user: &str, origin: &str, key_id: &str) -> String {
        let mut claims = tokens::claims(user);
        claims["iss"] = json!(origin);
        claims["aud"] = json!(origin);
        let header = json!({ "alg": "EdDSA", "kid": key_id });
        tokens::sign(&header, &claims, |text| self.key.sign(text).as_ref().to_vec())
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn key_set(key: &Ed25519KeyPair) -> Value {
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": x }] })
}

/// Answers one request. The client may disconnect before the end.
async fn answer(mut connection: TcpStream, serves: Serves, set: String) -> std::io::Result<()> {
    connection.read_buf(&mut Vec::with_capacity(4096)).await?;
    let head = |status: &str, kind: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    match serves {
        Serves::Keys => whole(&mut connection, &head("200 OK", "application/json", set.len()), &set).await,
        Serves::Error => whole(&mut connection, &head("500 Oops", "text/plain", 4), "oops").await,
        Serves::Html => {
            let page = "<!doctype html><title>Sign in</title>";
            whole(&mut connection, &head("200 OK", "text/html", page.len()), page).await
        }
        Serves::Endless => {
            connection.write_all(head("200 OK", "application/json", 1 << 40).as_bytes()).await?;
            loop {
                connection.write_all(&[b'['; 4096]).await?;
            }
        }
        Serves::Trickle => {
            connection.write_all(head("200 OK", "application/json", set.len()).as_bytes()).await?;
            for byte in set.bytes() {
                connection.write_all(&[byte]).await?;
                sleep(Duration::from_millis(500)).await;
            }
            Ok(())
        }
    }
}

async fn whole(connection: &mut TcpStream, head: &str, body: &str) -> std::io::Result<()> {
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body.as_bytes()).await
}
