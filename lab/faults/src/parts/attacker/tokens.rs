//! Attacks with tokens that prove nothing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use super::{Tally, source};
use crate::{http::Client, tokens};

/// How every session token of the attacker begins.
pub(crate) const NO_SESSION: &str = "the-session-of-nobody";

/// A secret that the service does not have.
const OTHER_SECRET: &str = "the attacker's secret, which has 32 bytes too";

/// A pause after each response. All connections ask at once nevertheless.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn unknown_keys(to: SocketAddr, tally: &Tally, origin: &str, connections: u32) {
    let mut claims = tokens::claims("nobody");
    claims["iss"] = json!(origin);
    claims["aud"] = json!(origin);
    let mut clients = JoinSet::new();
    for number in 0..connections {
        let (tally, claims) = (tally.clone(), claims.clone());
        clients.spawn(async move {
            for turn in 0_u32.. {
                let header = json!({ "alg": "EdDSA", "kid": format!("unknown-{number}-{turn}") });
                let token = tokens::sign(&header, &claims, |_| vec![7; 64]);
                tally.outcome(&Client::new(to, &token).bound_to(source(0)).get("/api/tasks").await);
                sleep(PAUSE).await;
            }
        });
    }
    clients.join_all().await;
}

pub(super) async fn bad_tokens(to: SocketAddr, tally: &Tally, connections: u32) {
    let sent = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (tally, sent) = (tally.clone(), sent.clone());
        clients.spawn(async move {
            let mut client = Client::new(to, "").bound_to(source(0));
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let token = match number % 2 {
                    0 => format!("{NO_SESSION}-{number:010}"),
                    _ => tokens::of(&format!("nobody-{number}"), OTHER_SECRET),
                };
                client.present(&token);
                let outcome = client.get("/api/tasks").await;
                tally.outcome(&outcome);
                if outcome.is_err() {
                    sleep(PAUSE).await;
                }
            }
        });
    }
    clients.join_all().await;
}
