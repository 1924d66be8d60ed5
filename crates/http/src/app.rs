//! The application, as production and tests run it.

use std::{sync::Arc, time::Duration};

use actix_cors::Cors;
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::from_fn,
    web::{self, Data},
};
use domain::Service;
use tracing_actix_web::TracingLogger;

use crate::{
    Authenticator, Dependency, Lifecycle, Limits, Metrics, Style, auth, envelope,
    extract::{BodyTimeout, Unbound},
    idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED},
    limits, metrics,
    request_id::X_REQUEST_ID,
    response_headers,
    routes::{self, Health},
    trace, unread_body,
};

/// What the application is made of.
#[derive(Clone)]
pub struct Api {
    /// The use-cases.
    pub tasks: Service,
    /// Who is let in.
    pub authenticator: Arc<Authenticator>,
    /// What must be ready for the service to be.
    pub readiness: Vec<Dependency>,
    /// The origins whose pages may call the API from a browser, each as the browser writes it:
    /// `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a request may take in all. Longer than that of a body.
    pub request_timeout: Duration,
    /// How much is taken on.
    pub limits: Arc<Limits>,
    /// Whether the service is about to stop.
    pub lifecycle: Lifecycle,
    /// Where what happens is counted.
    pub metrics: Arc<Metrics>,
}

/// Builds the application. From the outside in: the hold on bodies that nobody reads, response headers, the log, the
/// metrics, the envelope with the time limit, CORS, and for `/api` the cap on requests in work, the authentication, and the
/// limit per user.
pub fn app(
    api: &Api,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let (authenticator, lifecycle) = (api.authenticator.clone(), api.lifecycle.clone());
    let (all, tokens) = (api.metrics.clone(), api.metrics.clone());
    let request_timeout = api.request_timeout;
    let [for_all, for_refused, for_users] = std::array::from_fn(|_| api.limits.clone());
    let mut scope = web::scope("/api").app_data(Unbound::new(api.tasks.clone()));
    for style in Style::ALL {
        for resource in routes::api(style) {
            scope = scope.service(resource);
        }
    }
    let scope = scope
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(move |request, next| limits::per_user(for_users.clone(), request, next)))
        .wrap(from_fn(move |request, next| {
            auth::middleware(authenticator.clone(), for_refused.clone(), tokens.clone(), request, next)
        }))
        .wrap(from_fn(move |request, next| limits::cap(for_all.clone(), request, next)));

    App::new()
        .app_data(BodyTimeout(api.body_timeout))
        .app_data(Data::new(Health { lifecycle: api.lifecycle.clone(), dependencies: api.readiness.clone() }))
        // First, since most requests are for it.
        .service(scope)
        .configure(routes::open)
        .default_service(web::to(routes::not_found))
        .wrap(cors(&api.cors_origins, api.authenticator.accepts_cookies()))
        .wrap(from_fn(move |request, next| envelope::middleware(request_timeout, request, next)))
        .wrap(from_fn(move |request, next| metrics::middleware(all.clone(), request, next)))
        .wrap(from_fn(trace::middleware))
        .wrap(TracingLogger::<trace::RequestSpan>::new())
        .wrap(from_fn(move |request, next| response_headers::middleware(lifecycle.clone(), request, next)))
        .wrap(from_fn(unread_body::middleware))
}

/// Only the origins that were named, and with cookies only where they can be credentials.
fn cors(origins: &[String], with_cookies: bool) -> Cors {
    let cors = if with_cookies { Cors::default().supports_credentials() } else { Cors::default() };
    let cors = cors
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
            X_REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            IDEMPOTENCY_REPLAYED,
            limits::RATE_LIMIT,
            limits::RATE_LIMIT_POLICY,
            X_REQUEST_ID,
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
