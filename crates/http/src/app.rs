//! The application, as production and tests run it.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self, Data},
};
use domain::Service;
use tracing_actix_web::TracingLogger;

use crate::{
    auth::{authenticator::Authenticator, owner::Unbound},
    input::body::BodyTimeout,
    limits::state::Limits,
    metrics::Metrics,
    middleware::{
        activity, authentication,
        cors::{self, Cors},
        envelope, metrics, response_headers, trace, unread_body, user_limit,
    },
    origins::Origins,
    public_path::PublicPath,
    routes,
    style::Style,
    system::{docs::Document, health::Health, lifecycle::Lifecycle, readiness::Dependency},
};

/// The parts of the application.
#[derive(Clone)]
pub struct Api {
    /// The use-cases.
    pub service: Service,
    /// Verifies tokens.
    pub authenticator: Arc<Authenticator>,
    /// The dependencies that readiness checks.
    pub readiness: Vec<Dependency>,
    /// The origins whose pages may call the API from a browser.
    pub cors_origins: Origins,
    /// The path under which clients reach the service.
    pub public_path: PublicPath,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a whole request may take. Must be longer than `body_timeout`.
    pub request_timeout: Duration,
    /// How much load is accepted.
    pub limits: Arc<Limits>,
    /// Whether the service is stopping.
    pub lifecycle: Lifecycle,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

/// Builds the application. The middleware that is wrapped last runs first. The module `middleware` lists it in running
/// order.
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
    let request_timeout = api.request_timeout;
    let authenticator = api.authenticator.clone();
    let lifecycle = api.lifecycle.clone();
    let cors = Arc::new(Cors::new(api.cors_origins.clone(), api.authenticator.accepts_cookies()));
    let (request_metrics, token_metrics) = (api.metrics.clone(), api.metrics.clone());
    let [log_limits, cause_limits, unauthorized_limits, user_limits] = [(); 4].map(|()| api.limits.clone());

    let mut scope = web::scope("/api").app_data(Unbound::new(api.service.clone())).app_data(api.limits.clone());
    for style in Style::ALL {
        for resource in routes::api(style) {
            scope = scope.service(resource);
        }
    }
    let scope = scope
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(move |request, next| user_limit::middleware(user_limits.clone(), request, next)))
        .wrap(from_fn(move |request, next| {
            let (authenticator, limits) = (authenticator.clone(), unauthorized_limits.clone());
            authentication::middleware(authenticator, limits, token_metrics.clone(), request, next)
        }));

    App::new()
        .app_data(BodyTimeout(api.body_timeout))
        .app_data(api.public_path.clone())
        .app_data(Data::new(Document::new(api.public_path.clone())))
        .app_data(Data::new(Health { lifecycle: api.lifecycle.clone(), dependencies: api.readiness.clone() }))
        // Registered first, since most requests are for the API.
        .service(scope)
        .configure(routes::open)
        .default_service(web::to(routes::not_found))
        .wrap(from_fn(move |request, next| envelope::middleware(request_timeout, cause_limits.clone(), request, next)))
        .wrap(from_fn(move |request, next| cors::middleware(cors.clone(), request, next)))
        .wrap(from_fn(move |request, next| metrics::middleware(request_metrics.clone(), request, next)))
        .wrap(from_fn(move |request, next| trace::middleware(log_limits.clone(), request, next)))
        .wrap(TracingLogger::<trace::RequestSpan>::new())
        .wrap(from_fn(move |request, next| response_headers::middleware(lifecycle.clone(), request, next)))
        .wrap(from_fn(unread_body::middleware))
        .wrap(from_fn(activity::middleware))
}
