//! The application under test, and its clients.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Payload, Service, ServiceResponse},
    http::{Method, StatusCode, header::HeaderMap},
    test,
};
use domain::{
    Identity, Readiness, TaskRepository, UserProvisioner,
    testing::{FixedClock, InMemoryTasks, SequentialIds, alice, bob, nobody},
};
use serde_json::Value;

use super::{
    keys::every_verifier,
    tokens::{token_of, verifier},
};
use crate::{
    app::{Api, app},
    auth::authenticator::Authenticator,
    limits::state::Limits,
    public_path::PublicPath,
    system::lifecycle::Lifecycle,
};

/// The parts of the application under test. Tests change them before [`start`](Self::start).
pub struct TestApp {
    pub api: Api,
    pub clock: Arc<FixedClock>,
}

impl TestApp {
    /// An application over an empty in-memory repository, in which Alice and Bob are users.
    pub fn new() -> Self {
        let store = Arc::new(InMemoryTasks::default());
        Self::over(store.clone(), store)
    }

    /// The same application, which also provisions missing users.
    pub fn provisioning() -> Self {
        let store = Arc::new(InMemoryTasks::default());
        let mut app = Self::over(store.clone(), store.clone());
        let provisioner: Arc<dyn UserProvisioner> = store;
        app.api.service = app.api.service.provisioning(provisioner);
        app
    }

    pub fn over(store: Arc<dyn TaskRepository>, readiness: Arc<dyn Readiness>) -> Self {
        let clock = Arc::new(FixedClock::default());
        let api = Api {
            service: domain::Service::new(store, clock.clone(), Arc::new(SequentialIds::default())),
            authenticator: Arc::new(Authenticator::default().with_secret(verifier(clock.clone())).explaining()),
            readiness: vec![("database", readiness)],
            cors_origins: "http://localhost:3000".parse().unwrap(),
            public_path: PublicPath::default(),
            body_timeout: Duration::from_millis(200),
            request_timeout: Duration::from_secs(2),
            limits: Arc::new(Limits::new(512)),
            lifecycle: Lifecycle::default(),
            metrics: Arc::default(),
        };
        Self { api, clock }
    }

    /// An application that accepts the tokens of every key of [`SIGNERS`](super::SIGNERS).
    pub fn accepting_every_key() -> Self {
        let mut app = Self::new();
        app.api.authenticator = Arc::new(every_verifier(&app.clock));
        app
    }

    /// An application with production's short error messages.
    pub fn terse() -> Self {
        let mut app = Self::new();
        app.api.authenticator = Arc::new(Authenticator::default().with_secret(verifier(app.clock.clone())));
        app
    }

    pub async fn start(&self) -> Running<impl Client + use<>> {
        Running { service: test::init_service(app(&self.api)).await }
    }
}

/// A running application.
pub struct Running<S> {
    service: S,
}

/// Sends requests to the application.
pub trait Client {
    async fn call(&self, request: actix_http::Request) -> Answer;
}

impl<S, B> Client for S
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    async fn call(&self, request: actix_http::Request) -> Answer {
        let response = match Service::call(self, request).await {
            Ok(response) => response.map_into_boxed_body().into_parts().1,
            // The server does the same with an error that no middleware has turned into a response.
            Err(error) => error.error_response(),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = actix_web::body::to_bytes(response.into_body()).await.unwrap_or_default().to_vec();
        Answer { status, headers, bytes }
    }
}

/// A request that is not sent yet.
pub struct Request<'a, S> {
    app: &'a Running<S>,
    inner: test::TestRequest,
    is_endless: bool,
}

/// A response, with its whole body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl<S: Client> Running<S> {
    pub fn anonymous(&self, method: Method, path: &str) -> Request<'_, S> {
        Request { app: self, inner: test::TestRequest::default().method(method).uri(path), is_endless: false }
    }

    pub fn as_user(&self, identity: &Identity, method: Method, path: &str) -> Request<'_, S> {
        self.anonymous(method, path).header("authorization", &format!("Bearer {}", token_of(identity)))
    }

    pub fn alice(&self, method: Method, path: &str) -> Request<'_, S> {
        self.as_user(&alice(), method, path)
    }

    pub fn bob(&self, method: Method, path: &str) -> Request<'_, S> {
        self.as_user(&bob(), method, path)
    }

    pub fn nobody(&self, method: Method, path: &str) -> Request<'_, S> {
        self.as_user(&nobody(), method, path)
    }

    /// Creates a task for Alice and returns its id.
    pub async fn task_of_alice(&self) -> String {
        let answer = self.alice(Method::POST, "/api/tasks").json(r#"{"title":"Buy groceries"}"#).send().await;
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    }
}

impl<S: Client> Request<'_, S> {
    pub fn header(self, name: &'static str, value: &str) -> Self {
        Self { inner: self.inner.append_header((name, value)), ..self }
    }

    /// Sends the request from this address.
    pub fn from(self, peer: &str) -> Self {
        Self { inner: self.inner.peer_addr(SocketAddr::new(peer.parse().unwrap(), 50_000)), ..self }
    }

    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("application/json", body)
    }

    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = self.header("content-type", content_type);
        Self { inner: request.inner.set_payload(body.into()), ..request }
    }

    /// Declares a JSON body that never arrives.
    pub fn endless(self) -> Self {
        Self { is_endless: true, ..self.header("content-type", "application/json") }
    }

    pub async fn send(self) -> Answer {
        let request = self.inner.to_request();
        let request = if self.is_endless {
            let payload: actix_http::BoxedPayloadStream = Box::pin(futures_util::stream::pending());
            request.replace_payload(Payload::Stream { payload }).0
        } else {
            request
        };
        self.app.service.call(request).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("no envelope: {self:?}")).to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    /// The status and the code, for comparison with [`is`].
    pub fn outcome(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }
}

/// An expected status and code.
pub fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
