//! The application while the service starts: it answers health checks, and rejects everything else until it is ready.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self, Data},
};
use async_trait::async_trait;
use domain::{Readiness, RepositoryError};
use tracing_actix_web::TracingLogger;

use crate::{
    limits::state::Limits,
    middleware::{
        cors::{self, Cors},
        envelope, response_headers, trace, unread_body,
    },
    origins::Origins,
    output::error::ApiError,
    public_path::PublicPath,
    routes,
    system::{docs::Document, health::Health, lifecycle::Lifecycle},
};

/// No response of this application waits for anything.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// A database that no connection has been opened to.
struct NotYet;

#[async_trait]
impl Readiness for NotYet {
    async fn check(&self) -> Result<(), RepositoryError> {
        Err(RepositoryError::Unavailable("the service is starting: it waits for its database".into()))
    }
}

/// Builds the application that serves until the database answers: `/health/live` succeeds, `/health/ready` fails and names the
/// database, and every request under `/api` is answered with 503 and `Retry-After`. The same origins may read that as later. Call it within a
/// worker of the server.
pub fn starting_app(
    public_path: &PublicPath,
    cors_origins: &Origins,
    accepts_cookies: bool,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let cors = Arc::new(Cors::new(cors_origins.clone(), accepts_cookies));
    let health = Health { lifecycle: Lifecycle::default(), dependencies: vec![("database", Arc::new(NotYet))] };
    // Nothing is limited here but the log.
    let limits = Arc::new(Limits::new(0));
    let (log_limits, cause_limits) = (limits.clone(), limits.clone());
    actix_web::rt::spawn(async move { limits.keep_small().await });
    App::new()
        .app_data(Data::new(Document::new(public_path.clone())))
        .app_data(Data::new(health))
        .service(web::scope("/api").default_service(web::to(unavailable)))
        .configure(routes::open)
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(move |request, next| envelope::middleware(REQUEST_TIMEOUT, cause_limits.clone(), request, next)))
        .wrap(from_fn(move |request, next| cors::middleware(cors.clone(), request, next)))
        .wrap(from_fn(move |request, next| trace::middleware(log_limits.clone(), request, next)))
        .wrap(TracingLogger::<trace::RequestSpan>::new())
        .wrap(from_fn(|request, next| response_headers::middleware(Lifecycle::default(), request, next)))
        .wrap(from_fn(unread_body::middleware))
}

async fn unavailable() -> Result<&'static str, ApiError> {
    Err(ApiError::unavailable("the service is starting"))
}
