//! Session tokens as bearer tokens.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::http::Method;
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    Clock, OwnerId, RepositoryError, Session, SessionStore,
    testing::{FixedClock, alice},
};
use futures_util::future::join_all;
use http::{
    Authenticator, Limits, SessionVerifier,
    testing::{Answer, Client, Running, SIGNERS, TestApp, is, verifier},
};

pub const TOKEN: &str = "L6SCh3awSfC3LlLyENWTDnWMbFAV6lXz";

/// Better Auth's session table.
pub struct Sessions {
    rows: Mutex<BTreeMap<String, Session>>,
    look_ups: Mutex<usize>,
    failure: Mutex<Option<fn() -> RepositoryError>>,
}

#[async_trait]
impl SessionStore for Sessions {
    async fn session(&self, token: &str) -> Result<Option<Session>, RepositoryError> {
        *self.look_ups.lock().unwrap() += 1;
        tokio::task::yield_now().await;
        if let Some(failure) = *self.failure.lock().unwrap() {
            return Err(failure());
        }
        Ok(self.rows.lock().unwrap().get(token).cloned())
    }
}

impl Sessions {
    /// A session of Alice that expires in an hour.
    pub fn of_alice(clock: &FixedClock) -> Arc<Self> {
        Self::of(&[(TOKEN, "alice")], clock)
    }

    /// A session for each token and user that expires in an hour.
    pub fn of(users: &[(&str, &str)], clock: &FixedClock) -> Arc<Self> {
        let expires_at = (time::OffsetDateTime::from(clock.now()) + time::Duration::HOUR).into();
        let session = |user: &str| Session { owner: OwnerId::try_from(user.to_owned()).unwrap(), expires_at };
        let rows = users.iter().map(|(token, user)| ((*token).to_owned(), session(user))).collect();
        let rows = Mutex::new(rows);
        Arc::new(Self { rows, look_ups: Mutex::new(0), failure: Mutex::new(None) })
    }

    fn sign_out(&self) {
        self.rows.lock().unwrap().clear();
    }
}

/// A token as Better Auth signs it.
pub fn signed(token: &str) -> String {
    let signature = SIGNERS[0].signature(token.as_bytes());
    format!("{token}.{}", BASE64_STANDARD.encode(BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()))
}

fn app(reuse: Option<Duration>) -> (TestApp, Arc<Sessions>) {
    let mut app = TestApp::new();
    let sessions = Sessions::of_alice(&app.clock);
    let verifier_of_sessions = SessionVerifier::new(sessions.clone(), app.clock.clone(), reuse);
    let authenticator = Authenticator::default().with_secret(verifier(app.clock.clone()));
    app.api.authenticator = Arc::new(authenticator.with_sessions(verifier_of_sessions).explaining());
    (app, sessions)
}

async fn list(app: &Running<impl Client>, token: &str) -> Answer {
    app.anonymous(Method::GET, "/api/alice/tasks").header("authorization", &format!("Bearer {token}")).send().await
}

#[actix_web::test]
async fn session_tokens_may_be_plain_signed_or_percent_encoded() {
    let (test, _) = app(None);
    let app = test.start().await;
    let encoded = signed(TOKEN).replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    for token in [TOKEN.to_owned(), signed(TOKEN), encoded] {
        assert_eq!(list(&app, &token).await.status, 200, "{token}");
    }
    let created = app.anonymous(Method::POST, "/api/tasks").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(created.json(r#"{"title":"x"}"#).send().await.json()["data"]["user_id"], alice().id.as_str());
}

#[actix_web::test]
async fn a_token_without_a_session_is_rejected() {
    let (test, _) = app(None);
    let app = test.start().await;
    let forged = format!("{TOKEN}.{}", BASE64_STANDARD.encode([7; 32]));
    let of_another = signed("another").replace("another.", &format!("{TOKEN}."));
    let long = "x".repeat(300);
    for token in [
        "x",
        &TOKEN.to_lowercase(),
        &forged,
        &of_another,
        &format!("{TOKEN}."),
        &long,
        &signed("unknown"),
        "%00",
        "'--",
    ] {
        let answer = list(&app, token).await;
        assert_eq!(answer.status, 401, "{token}");
    }
}

#[actix_web::test]
async fn an_impossible_session_token_is_not_looked_up() {
    for reuse in [None, Some(Duration::from_secs(5))] {
        let (test, sessions) = app(reuse);
        let app = test.start().await;
        let (short, long) = ("x".repeat(15), "x".repeat(129));
        for token in
            [&short, &long, "sixteen+letters+", "sixteen~letters~", "sixteen%20letters", "sixteen%00letters", "%"]
        {
            assert_eq!(list(&app, token).await.outcome(), is(401, "UNAUTHORIZED"), "{token}");
            assert_eq!(list(&app, &signed(token)).await.outcome(), is(401, "UNAUTHORIZED"), "{token}");
        }
        assert_eq!(*sessions.look_ups.lock().unwrap(), 0);

        for token in ["x".repeat(16), "x".repeat(128), "0f0f0f0f-0f0f_0f0f".to_owned()] {
            assert_eq!(list(&app, &token).await.outcome(), is(401, "UNAUTHORIZED"), "{token}");
        }
        assert_eq!(*sessions.look_ups.lock().unwrap(), 3);
    }
}

#[actix_web::test]
async fn a_sign_out_takes_effect_at_once() {
    let (test, sessions) = app(None);
    let app = test.start().await;
    assert_eq!(list(&app, TOKEN).await.status, 200);

    sessions.sign_out();

    assert_eq!(list(&app, TOKEN).await.outcome(), is(401, "UNAUTHORIZED"));
}

#[actix_web::test]
async fn a_session_expires_even_if_its_row_stays() {
    for reuse in [None, Some(Duration::from_hours(24))] {
        let (test, _) = app(reuse);
        let app = test.start().await;
        test.clock.advance(time::Duration::minutes(59));
        assert_eq!(list(&app, TOKEN).await.status, 200);
        test.clock.advance(time::Duration::minutes(1));
        assert_eq!(list(&app, TOKEN).await.outcome(), is(401, "UNAUTHORIZED"));
    }
}

#[actix_web::test]
async fn a_session_is_cached_for_the_configured_time() {
    tokio::time::pause();
    let (test, sessions) = app(Some(Duration::from_secs(5)));
    let app = test.start().await;
    for _request in 0..3 {
        assert_eq!(list(&app, TOKEN).await.status, 200);
    }
    assert_eq!(*sessions.look_ups.lock().unwrap(), 1);

    sessions.sign_out();
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(list(&app, TOKEN).await.status, 200);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(list(&app, TOKEN).await.status, 401);
}

#[actix_web::test]
async fn tokens_of_an_address_over_its_limit_are_not_looked_up() {
    tokio::time::pause();
    for reuse in [None, Some(Duration::from_secs(5))] {
        let (mut test, sessions) = app(reuse);
        test.api.limits = Arc::new(Limits::new(512).unauthorized_per_address(NonZeroU32::new(2).unwrap()));
        let app = test.start().await;
        assert_eq!(list(&app, TOKEN).await.status, 200);
        for number in 0..100 {
            let status = list(&app, &format!("another-session-{number}")).await.status;
            assert_eq!(status, if number < 2 { 401 } else { 429 });
        }
        assert_eq!(*sessions.look_ups.lock().unwrap(), 3);
        // A cached session needs no look-up.
        assert_eq!(list(&app, TOKEN).await.status, if reuse.is_some() { 200 } else { 429 });
    }
}

#[actix_web::test]
async fn few_tokens_of_an_address_are_looked_up_at_once() {
    tokio::time::pause();
    let (mut test, sessions) = app(None);
    test.api.limits = Arc::new(Limits::new(64).unauthorized_per_address(NonZeroU32::new(10).unwrap()));
    let app = test.start().await;
    let statuses = async |token: &'static str| {
        let answers = join_all((0..1000).map(|_| list(&app, token))).await;
        [200, 401, 429].map(|status| answers.iter().filter(|answer| answer.status == status).count())
    };

    assert_eq!(statuses(TOKEN).await, [16, 0, 984]);
    assert_eq!(statuses("another-session-token").await, [0, 16, 984]);
    assert_eq!(*sessions.look_ups.lock().unwrap(), 32);
    // In 1.6 seconds it may get 16 responses, the next one after 0.7 seconds.
    for (wait, expected) in [(690, 429), (20, 200)] {
        tokio::time::advance(Duration::from_millis(wait)).await;
        assert_eq!(list(&app, TOKEN).await.status, expected);
    }
}

#[actix_web::test]
async fn an_unreachable_session_store_is_503() {
    let (test, sessions) = app(None);
    let app = test.start().await;
    *sessions.failure.lock().unwrap() = Some(|| RepositoryError::Unavailable("connection refused".into()));

    assert_eq!(list(&app, TOKEN).await.outcome(), is(503, "UNAVAILABLE"));
}

/// A missing column, say: waiting does not help.
#[actix_web::test]
async fn a_session_store_that_fails_is_500() {
    let (test, sessions) = app(None);
    let app = test.start().await;
    *sessions.failure.lock().unwrap() = Some(|| RepositoryError::Failed("no such column".into()));

    assert_eq!(list(&app, TOKEN).await.outcome(), is(500, "INTERNAL_ERROR"));
}

#[actix_web::test]
async fn cookies_are_ignored_unless_they_are_accepted() {
    let (test, _) = app(None);
    let app = test.start().await;
    let cookie = format!("better-auth.session_token={}", signed(TOKEN));

    let answer = app.anonymous(Method::GET, "/api/tasks").header("cookie", &cookie).send().await;

    assert_eq!(answer.outcome(), is(401, "UNAUTHORIZED"));
}
