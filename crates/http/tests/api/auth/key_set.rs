//! When the key set is fetched, and which keys are used until then. The tests advance the clock.

use std::{error::Error, sync::Arc, time::Duration};

use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use domain::{Readiness, testing::FixedClock};
use futures_util::{FutureExt, future::join_all};
use http::{
    JwksVerifier, Rejection, TokenVerifier, VerifyError,
    testing::{SIGNERS, Signer, good_claims, key_set, key_set_rules, rsa_jwk},
};
use serde_json::{Value, json};
use tokio::time::{Instant, advance, sleep};

use super::publisher::Publisher;

fn verifier(publisher: &Arc<Publisher>) -> Arc<JwksVerifier> {
    Arc::new(JwksVerifier::new(publisher.clone(), key_set_rules(Arc::new(FixedClock::default()))))
}

fn is_unknown_key(verdict: &Result<domain::Identity, VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::Rejected(Rejection::UnknownKey)))
}

fn is_unavailable(verdict: &Result<domain::Identity, VerifyError>) -> bool {
    matches!(verdict, Err(VerifyError::Unavailable(_)))
}

fn bytes(set: &Value) -> Vec<u8> {
    set.to_string().into_bytes()
}

const COOLDOWN: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn concurrent_requests_fetch_the_set_once() {
    let publisher = Publisher::slow(Some(key_set(&*SIGNERS)), Duration::from_secs(1));
    let verifier = verifier(&publisher);
    let token = SIGNERS[1].token(&good_claims());

    let verdicts = join_all((0..16).map(|_| verifier.verify(&token))).await;

    assert!(verdicts.iter().all(Result::is_ok));
    assert_eq!(publisher.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_cause_one_fetch_for_which_few_wait() {
    let publisher = Publisher::slow(Some(key_set(&*SIGNERS)), Duration::from_secs(1));
    let verifier = verifier(&publisher);
    let good = SIGNERS[1].token(&good_claims());
    assert!(verifier.verify(&good).await.is_ok());
    advance(COOLDOWN).await;

    let mut held_up = Vec::new();
    for number in 0..10_000 {
        let unknown = SIGNERS[1].sign(&json!({ "alg": "EdDSA", "kid": number.to_string() }).to_string(), "{}");
        let verifier = verifier.clone();
        held_up.push(tokio::spawn(async move { verifier.verify(&unknown).await }));
    }
    sleep(Duration::from_millis(1)).await;
    let another = SIGNERS[2].token(&good_claims());
    for token in [&good, &another] {
        let verdict = verifier.verify(token).now_or_never();
        assert!(verdict.is_some_and(|verdict| verdict.is_ok()), "a known key does not wait for a fetch");
    }
    let refused = held_up.extract_if(.., |verdict| verdict.is_finished()).collect::<Vec<_>>();
    assert_eq!((refused.len(), held_up.len()), (10_000 - 16, 16));
    assert!(join_all(refused).await.iter().all(|verdict| is_unavailable(verdict.as_ref().unwrap())));
    assert!(join_all(held_up).await.iter().all(|verdict| is_unknown_key(verdict.as_ref().unwrap())));

    assert_eq!(publisher.fetches(), 2, "one at the start, and one for all unknown keys");
}

#[tokio::test(start_paused = true)]
async fn new_keys_are_found_and_removed_keys_are_rejected() {
    let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
    let publisher = Publisher::new(Some(key_set([&old])));
    let verifier = verifier(&publisher);
    let (by_old, by_new) = (old.token(&good_claims()), new.token(&good_claims()));
    assert!(verifier.verify(&by_old).await.is_ok());
    assert!(is_unknown_key(&verifier.verify(&by_new).await));

    publisher.publish(Some(&bytes(&key_set([&old, &new]))));
    assert!(is_unknown_key(&verifier.verify(&by_new).await), "the last fetch was a moment ago");
    advance(COOLDOWN).await;
    assert!(verifier.verify(&by_new).await.is_ok());
    assert!(verifier.verify(&by_old).await.is_ok());

    publisher.publish(Some(&bytes(&key_set([&new]))));
    let keeper = verifier.clone();
    tokio::spawn(async move { keeper.keep_fresh().await });
    sleep(Duration::from_mins(12)).await;
    assert!(is_unknown_key(&verifier.verify(&by_old).await), "a cached proof of a removed key");
    assert!(verifier.verify(&by_new).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_new_key_under_a_known_id_replaces_the_old_one() {
    let (first, second) = (Signer::ed25519("same"), Signer::ed25519("same"));
    let publisher = Publisher::new(Some(key_set([&first])));
    let verifier = verifier(&publisher);
    let (by_first, by_second) = (first.token(&good_claims()), second.token(&good_claims()));
    assert!(verifier.verify(&by_first).await.is_ok());

    publisher.publish(Some(&bytes(&key_set([&second]))));
    advance(COOLDOWN).await;
    assert!(is_unknown_key(&verifier.verify(&Signer::ed25519("other").token(&good_claims())).await));

    assert!(verifier.verify(&by_first).await.is_err());
    assert!(verifier.verify(&by_second).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_cause_of_the_last_failure_is_named() {
    let publisher = Publisher::new(None);
    let verifier = verifier(&publisher);
    let not_ready = async || verifier.check().await.unwrap_err().source().unwrap().to_string();
    assert_eq!(not_ready().await, "the key set has not been fetched yet");

    for (answer, cause) in
        [(None, "connection refused"), (Some(&b"[]"[..]), "set JWKS_URL"), (Some(b"{}"), "set JWKS_URL")]
    {
        publisher.publish(answer);
        advance(COOLDOWN).await;
        let verdict = verifier.verify(&SIGNERS[1].token(&good_claims())).await;
        let Err(VerifyError::Unavailable(unavailable)) = verdict else { panic!("{verdict:?}") };
        for found in [unavailable.to_string(), not_ready().await] {
            assert!(found.starts_with("the key set cannot be fetched: ") && found.contains(cause), "{found}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn known_keys_stay_valid_for_a_day_without_the_publisher() {
    let publisher = Publisher::new(Some(key_set(&*SIGNERS)));
    let verifier = verifier(&publisher);
    let token = SIGNERS[1].token(&good_claims());
    assert!(verifier.verify(&token).await.is_ok());
    publisher.publish(None);

    advance(Duration::from_hours(23)).await;
    assert!(verifier.verify(&token).await.is_ok());
    let other = Signer::ed25519("other").token(&good_claims());
    assert!(is_unavailable(&verifier.verify(&other).await), "its key may be in the set that cannot be fetched");
    assert!(verifier.check().await.is_ok());

    advance(Duration::from_hours(1)).await;
    assert!(is_unavailable(&verifier.verify(&token).await), "503, for no one was signed out");
    assert!(verifier.check().await.is_err());

    publisher.publish(Some(&bytes(&key_set(&*SIGNERS))));
    advance(COOLDOWN).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_service_becomes_ready_once_the_publisher_is_up() {
    let publisher = Publisher::new(None);
    let verifier = verifier(&publisher);
    let keeper = verifier.clone();
    tokio::spawn(async move { keeper.keep_fresh().await });
    let token = SIGNERS[1].token(&good_claims());
    sleep(Duration::from_secs(5)).await;

    assert!(verifier.check().await.is_err());
    assert!(is_unavailable(&verifier.verify(&token).await));

    publisher.publish(Some(&bytes(&key_set(&*SIGNERS))));
    sleep(Duration::from_secs(3)).await;
    assert!(verifier.check().await.is_ok());
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_does_not_cancel_the_fetch() {
    let publisher = Publisher::slow(Some(key_set(&*SIGNERS)), Duration::from_secs(1));
    let verifier = verifier(&publisher);
    let token = SIGNERS[1].token(&good_claims());

    let hung_up = tokio::time::timeout(Duration::from_millis(100), verifier.verify(&token)).await;
    assert!(hung_up.is_err());

    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(publisher.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_one_hanging_fetch_at_most() {
    for had_keys_once in [false, true] {
        let publisher = Publisher::slow(had_keys_once.then(|| key_set(&*SIGNERS)), Duration::from_secs(2));
        let verifier = verifier(&publisher);
        if had_keys_once {
            assert!(verifier.verify(&SIGNERS[1].token(&good_claims())).await.is_ok());
            publisher.publish(None);
        }
        let unknown = Signer::ed25519("other").token(&good_claims());
        let before = publisher.fetches();
        let (first, token) = (verifier.clone(), unknown.clone());
        let first = tokio::spawn(async move { first.verify(&token).await });
        sleep(Duration::from_secs(1)).await;

        let asked = Instant::now();
        assert!(
            is_unavailable(&verifier.verify(&unknown).await),
            "its key may be in the set that could not be fetched"
        );
        assert_eq!((asked.elapsed(), publisher.fetches() - before), (Duration::from_secs(1), 1));
        assert!(is_unavailable(&first.await.unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_key_set_does_not_replace_a_valid_one() {
    let publisher = Publisher::new(Some(key_set(&*SIGNERS)));
    let verifier = verifier(&publisher);
    let token = SIGNERS[1].token(&good_claims());
    assert!(verifier.verify(&token).await.is_ok());
    let crowd: Vec<Value> = (0..17).map(|_| SIGNERS[1].jwk().unwrap()).collect();
    let junk = [
        String::new(),
        "<!doctype html><title>Sign in</title>".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        r#"{"keys":null}"#.to_owned(),
        r#"{"keys":[]}"#.to_owned(),
        r#"{"keys":[7]}"#.to_owned(),
        r#"{"keys":[{}]}"#.to_owned(),
        r#"{"keys":[{"kid":"j","kty":"OKP","crv":"Ed25519","x":""}]}"#.to_owned(),
        r#"{"keys":"#.to_owned(),
        json!({ "keys": crowd }).to_string(),
        json!([key_set(&*SIGNERS)]).to_string(),
        "[".repeat(60_000),
        "\0".repeat(60_000),
    ];
    for answer in junk {
        publisher.publish(Some(answer.as_bytes()));
        advance(COOLDOWN).await;
        let fetches = publisher.fetches();
        assert!(is_unavailable(&verifier.verify(&Signer::ed25519("other").token(&good_claims())).await));
        assert_eq!(publisher.fetches(), fetches + 1);
        assert!(verifier.verify(&token).await.is_ok(), "after {:?}", answer.get(..40));
    }
}

#[tokio::test]
async fn unusable_keys_are_left_out() {
    let good = Signer::ed25519("good");
    let short = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut short = rsa_jwk(&short);
    // Half of the modulus: 1024 bits.
    short["n"] = short["n"].as_str().unwrap()[..172].into();
    let changed = |changes: Value| {
        let mut jwk = Signer::ed25519("bad").jwk().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    };
    let bad = [
        json!({ "kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "alg": "HS256" }),
        changed(json!({ "use": "enc" })),
        changed(json!({ "alg": "ES256" })),
        changed(json!({ "alg": "HS256" })),
        changed(json!({ "alg": "none" })),
        changed(json!({ "alg": 7 })),
        changed(json!({ "crv": "Ed448" })),
        changed(json!({ "crv": "P-256", "kty": "EC", "y": "AA" })),
        changed(json!({ "x": "not base64!" })),
        changed(json!({ "x": 7 })),
        changed(json!({ "x": "" })),
        changed(json!({ "x": "AAAA" })),
        json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "" }),
        changed(json!({ "kty": "unknown" })),
        json!({ "kty": "EC", "crv": "P-521", "alg": "ES512", "x": "AA", "y": "AA" }),
        short,
    ];
    for mut jwk in bad {
        jwk["kid"] = "bad".into();
        let publisher = Publisher::new(Some(json!({ "keys": [jwk, good.jwk()] })));
        let verifier = verifier(&publisher);
        assert!(verifier.verify(&good.token(&good_claims())).await.is_ok(), "{jwk} spoils the good one");
        for alg in ["EdDSA", "ES256", "RS256", "PS256"] {
            let token = good.sign(&json!({ "alg": alg, "kid": "bad" }).to_string(), &good_claims().to_string());
            assert!(is_unknown_key(&verifier.verify(&token).await), "{jwk}");
        }
    }
    let twice = json!({ "keys": [good.jwk(), Signer::ed25519("good").jwk(), SIGNERS[2].jwk()] });
    let verifier = verifier(&Publisher::new(Some(twice)));
    assert!(is_unknown_key(&verifier.verify(&good.token(&good_claims())).await), "two keys have this id");
}
