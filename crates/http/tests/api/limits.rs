//! Limits on requests.

mod addresses;
mod places;
mod rates;

use std::{num::NonZeroU32, sync::Arc};

use actix_web::http::Method;
use http::{
    Limits,
    testing::{Client, Request, Running, TestApp},
};

const SOME_TASK: &str = "/api/tasks/00000000-0000-7000-8000-000000000001";

fn limits() -> Limits {
    Limits::new(512)
}

fn a_second(requests: u32) -> NonZeroU32 {
    NonZeroU32::new(requests).unwrap()
}

fn limited(limits: Limits) -> TestApp {
    let mut app = TestApp::new();
    app.api.limits = Arc::new(limits);
    app
}

fn list<S: Client>(app: &Running<S>) -> Request<'_, S> {
    app.alice(Method::GET, "/api/tasks")
}

fn preflight<S: Client>(app: &Running<S>) -> Request<'_, S> {
    let request = app.anonymous(Method::OPTIONS, "/api/tasks").header("origin", "http://localhost:3000");
    request.header("access-control-request-method", "GET")
}
