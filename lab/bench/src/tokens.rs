//! Tokens as Better Auth signs them, and the key set for them.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

/// The secret of HS256 tokens.
pub(crate) const SECRET: &str = "the secret of the benchmark, 32 bytes or more";

/// The issuer and audience of tokens.
pub(crate) const ORIGIN: &str = "http://app.test";

const KEY_ID: &str = "key-of-thirty-two-characters-000";

/// A key to sign with.
#[derive(Debug)]
pub(crate) enum Key {
    /// HS256, with [`SECRET`].
    Secret,
    /// `EdDSA`, with a new key for each run.
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// A token of this owner, valid for a day.
    pub(crate) fn token(&self, owner: &str) -> anyhow::Result<String> {
        let now = now()?;
        let claims = json!({
            "iat": now, "name": "Ada", "email": "ada@example.test", "emailVerified": false, "image": null,
            "createdAt": "2026-02-06T10:00:00.000Z", "updatedAt": "2026-02-06T10:00:00.000Z",
            "id": owner, "sub": owner, "exp": now + 24 * 60 * 60, "iss": ORIGIN, "aud": ORIGIN,
        });
        let header = match self {
            Self::Secret => json!({ "alg": "HS256" }),
            Self::Ed25519(_) => json!({ "alg": "EdDSA", "kid": KEY_ID }),
        };
        let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = match self {
            Self::Secret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
                BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()))
            }
            Self::Ed25519(key) => BASE64_URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())),
        };
        Ok(format!("{message}.{signature}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the service checks tokens by the system's clock")]
fn now() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// Serves the public key as Better Auth does, until this process exits. Returns the address.
pub(crate) fn publish(key: &Ed25519KeyPair) -> anyhow::Result<SocketAddr> {
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    let set =
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": KEY_ID, "x": x }] }).to_string();
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{set}",
        set.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Every request gets the key set.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    Ok(address)
}
