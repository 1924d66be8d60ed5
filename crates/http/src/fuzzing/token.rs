use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{
    dev::RequestHead,
    http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue},
};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{BoxError, Clock, Identity, OwnerId, RepositoryError, Session, SessionStore, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::rejection::assert_rejected;
use crate::{
    auth::{
        authenticator::{Authenticator, Unknown},
        claims::ClaimRules,
        credential::{Credential, MAX_TOKEN_BYTES, SessionToken},
        jwks::{source::KeySource, verifier::JwksVerifier},
        rejection::VerifyError,
        secret::SecretVerifier,
        session::SessionVerifier,
    },
    origins::Origins,
    output::code::ErrorCode,
};

const SECRET: &str = "a secret that no other service has";
const ORIGIN: &str = "https://app.example.com";
const OWNER: &str = "alice";
/// In seconds since 1970.
const NOW: i64 = 1_790_000_000;
const CLOCK_SKEW: u64 = 5;
const SESSION_COOKIE: &str = "better-auth.session_token";
const MAX_LIFETIME: u64 = 3600;

/// A key of each kind.
const KEY_SET: &str = include_str!("../../../../lab/fuzz/seeds/key_set/each-kind");

/// Parses bytes as an `Authorization` header, as a cookie, and as the claims of a token with a valid signature.
///
/// # Panics
///
/// If anything but a possible session token is accepted or looked up in the session store; if accepted claims break a rule or
/// prove an identity that they do not name; if an error has the wrong code, is large, or has more than one line.
#[must_use]
pub fn token(bytes: &[u8]) -> bool {
    let presented = HeaderValue::from_bytes(bytes).is_ok_and(|value| {
        let in_header = is_accepted(AUTHORIZATION, &value);
        let in_cookie = is_accepted(COOKIE, &value);
        in_header || in_cookie
    });
    let claimed = are_accepted(bytes);
    presented || claimed
}

fn is_accepted(name: HeaderName, value: &HeaderValue) -> bool {
    let mut request = RequestHead::default();
    request.headers_mut().insert(name, value.clone());
    let credential = Credential::of(request.headers(), Some(SESSION_COOKIE)).ok();
    match &credential {
        Some(Credential::Jwt(token)) => {
            assert!(token.len() <= MAX_TOKEN_BYTES, "{} bytes", token.len());
            assert_eq!(token.split('.').count(), 3, "{token}");
            assert_eq!(value.to_str().unwrap().split_once(' ').map(|(_scheme, token)| token), Some(*token));
        }
        Some(Credential::Session(SessionToken { token, signature, .. })) => {
            assert!(token.len() + signature.as_ref().map_or(0, |it| it.len()) <= MAX_TOKEN_BYTES);
        }
        None => {}
    }
    // All other tokens need a signature.
    let proves = matches!(&credential, Some(Credential::Session(SessionToken { token, signature: None, in_cookie: false }))
        if may_be_session(token));
    let Service { authenticator, runtime, .. } = &*SERVICE;
    let outcome = match authenticator.recall(&request) {
        Ok((_, identity)) => Ok(identity),
        Err(Unknown::Rejected(rejection)) => Err(rejection.into()),
        Err(Unknown::Unverified(credential)) => runtime.block_on(authenticator.verify(&credential)).outcome,
    };
    match outcome.map_err(|error| authenticator.error(error, true)) {
        Ok(identity) => {
            assert!(proves, "accepted {value:?}");
            assert_eq!(identity.id.as_str(), OWNER);
        }
        Err(error) => {
            assert!(!proves, "rejected {value:?}: {error:?}");
            assert_rejected(&error, ErrorCode::Unauthorized);
            assert_is_one_line(&error.message);
        }
    }
    proves
}

/// Signs the claims, so that they reach the checks after the signature.
fn are_accepted(claims: &[u8]) -> bool {
    let message = [&br#"{"alg":"HS256"}"#[..], claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    let service = &*SERVICE;
    match service.runtime.block_on(service.authenticator.inspect(&format!("{message}.{signature}"))) {
        Ok(identity) => {
            assert_names(claims, &identity);
            true
        }
        Err(VerifyError::Rejected(rejection)) => {
            assert_is_one_line(&rejection.to_string());
            false
        }
        Err(VerifyError::Unavailable(cause) | VerifyError::Failed(cause)) => unreachable!("{cause}"),
    }
}

/// Checks an identity against its claims, with rules written independently of the verifier.
fn assert_names(claims: &[u8], identity: &Identity) {
    let id = identity.id.as_str();
    assert!((1..=255).contains(&id.len()) && id.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{id:?}");
    for text in [&identity.name, &identity.email].into_iter().flatten() {
        assert!((1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control), "{text:?}");
    }
    // An unused claim can hold a number that `Value` cannot represent, such as 1e999.
    let Ok(claims) = serde_json::from_slice::<Value>(claims) else { return };
    assert!(claims.is_object(), "{claims}");
    assert_eq!(claims["sub"], id);
    assert_eq!(claims["iss"], ORIGIN);
    assert!(claims["aud"] == ORIGIN || claims["aud"].as_array().unwrap().iter().any(|audience| audience == ORIGIN));
    let seconds_from_now = |claim: &str| claims[claim].as_f64().map(|at| at - seconds(NOW));
    let lasts = seconds_from_now("exp").unwrap();
    let skew = Duration::from_secs(CLOCK_SKEW).as_secs_f64();
    assert!(lasts > -skew && lasts <= skew + Duration::from_secs(MAX_LIFETIME).as_secs_f64());
    for begins in ["nbf", "iat"].into_iter().filter_map(seconds_from_now) {
        assert!(begins <= skew, "{claims}");
    }
    for (found, claim) in [(&identity.name, "name"), (&identity.email, "email")] {
        assert!(found.is_none() || found.as_deref() == claims[claim].as_str(), "{claims}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds stay exact for 285 million years")]
fn seconds(count: i64) -> f64 {
    count as f64
}

/// Checks that the input can neither break a line of the log nor fill the log.
fn assert_is_one_line(message: &str) {
    assert!(message.len() < 512 && !message.chars().any(char::is_control), "{message:?}");
}

fn may_be_session(token: &str) -> bool {
    (16..=128).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Every way to authenticate, with the detailed errors of development.
struct Service {
    authenticator: Authenticator,
    runtime: Runtime,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let rules = ClaimRules {
        issuer: Some(ORIGIN.to_owned().into()),
        audience: Some(ORIGIN.to_owned().into()),
        clock_skew: Duration::from_secs(CLOCK_SKEW),
        max_lifetime: Duration::from_secs(MAX_LIFETIME),
        clock: Arc::new(Still),
    };
    let authenticator = Authenticator::default()
        .with_secret(SecretVerifier::new(&SECRET.into(), rules.clone()).unwrap())
        .with_key_set(Arc::new(JwksVerifier::new(Arc::new(Published), rules)))
        .with_sessions(SessionVerifier::new(Arc::new(Sessions), Arc::new(Still), None))
        .with_cookies(SESSION_COOKIE.to_owned(), Origins::default())
        .explaining();
    Service { authenticator, runtime: Builder::new_current_thread().build().unwrap() }
});

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_milliseconds(NOW * 1000).unwrap()
    }
}

struct Published;

#[async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        Ok(KEY_SET.into())
    }
}

/// A store with a session for every possible session token.
struct Sessions;

#[async_trait]
impl SessionStore for Sessions {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        assert!(may_be_session(token), "the store is asked for {token:?}");
        let owner = OwnerId::try_from(OWNER.to_owned()).unwrap();
        let expires_at = Timestamp::from_unix_milliseconds((NOW + 1) * 1000).unwrap();
        Ok(Some(Session { owner, expires_at }))
    }
}
