//! Health checks, for orchestrators and load balancers.

use std::error::Error;

use actix_web::{HttpResponse, web::Data};
use domain::RepositoryError;

use super::{
    lifecycle::Lifecycle,
    readiness::{Dependency, check_readiness},
};
use crate::output::{
    error::{ApiError, Detail, chain},
    health::{LiveBody, ReadyBody},
};

/// The dependencies of the service.
pub(crate) struct Health {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Succeeds if the process answers. It checks nothing else, because a restart would not fix that.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(LiveBody { status: "ok" })
}

/// Succeeds if requests can be served.
pub(crate) async fn ready(health: Data<Health>) -> Result<HttpResponse, ApiError> {
    if health.lifecycle.is_stopping() {
        return Err(ApiError::unavailable("the service is stopping").with_message("not ready: stopping"));
    }
    let checks = check_readiness(&health.dependencies).await;
    if checks.iter().all(|(_, outcome)| outcome.is_ok()) {
        let checks = checks.iter().map(|(name, _)| (*name, "ok")).collect();
        return Ok(HttpResponse::Ok().json(ReadyBody { status: "ok", checks }));
    }
    let failures: Vec<_> = checks.into_iter().filter_map(|(name, outcome)| Some((name, outcome.err()?))).collect();
    Err(not_ready(&failures))
}

/// An error that lists the failed dependencies with a general reason. The cause is only logged.
fn not_ready(failures: &[(&'static str, RepositoryError)]) -> ApiError {
    let details: Vec<Detail> = failures
        .iter()
        .map(|(name, error)| Detail { field: (*name).to_owned(), message: in_general_terms(error).to_owned() })
        .collect();
    let sentences: Vec<String> = details.iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
    let causes: Vec<String> =
        failures.iter().map(|(name, error)| format!("{name}: {}", chain(error.source().unwrap_or(error)))).collect();
    ApiError::unavailable(causes.join("; "))
        .with_message(format!("not ready: {}", sentences.join("; ")))
        .with_details(details)
}

fn in_general_terms(error: &RepositoryError) -> &'static str {
    match error {
        RepositoryError::Unavailable(_) => "is out of reach",
        RepositoryError::Failed(_) | RepositoryError::UnknownOwner => "is not as it must be",
    }
}
