//! For whoever watches the service: an orchestrator, a load balancer.

use std::error::Error;

use actix_web::{HttpResponse, web::Data};
use domain::RepositoryError;
use serde_json::{Map, Value, json};

use crate::{
    Dependency, Lifecycle, check_readiness,
    envelope::chain,
    error::{ApiError, Detail},
};

/// What readiness depends on.
pub(crate) struct Health {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Whether the process answers at all. Nothing outside of it matters here: a restart would not mend that.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// Whether requests should be sent here.
pub(super) async fn ready(health: Data<Health>) -> Result<HttpResponse, ApiError> {
    if health.lifecycle.is_stopping() {
        return Err(ApiError::unavailable("the service is stopping").with_message("not ready: stopping"));
    }
    let checks = check_readiness(&health.dependencies).await;
    if checks.iter().all(|(_, outcome)| outcome.is_ok()) {
        let checks: Map<String, Value> = checks.iter().map(|(name, _)| ((*name).to_owned(), "ok".into())).collect();
        return Ok(HttpResponse::Ok().json(json!({ "status": "ok", "checks": checks })));
    }
    let failures: Vec<_> = checks.into_iter().filter_map(|(name, outcome)| Some((name, outcome.err()?))).collect();
    Err(not_ready(&failures))
}

/// Names what is not ready, and in general words why; the log is told the cause.
fn not_ready(failures: &[(&'static str, RepositoryError)]) -> ApiError {
    let details: Vec<Detail> = failures
        .iter()
        .map(|(name, error)| Detail { field: (*name).to_owned(), message: in_general_words(error).to_owned() })
        .collect();
    let sentences: Vec<String> = details.iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
    let causes: Vec<String> =
        failures.iter().map(|(name, error)| format!("{name}: {}", chain(error.source().unwrap_or(error)))).collect();
    let error = ApiError::unavailable(causes.join("; ")).with_message(format!("not ready: {}", sentences.join("; ")));
    ApiError { details, ..error }
}

fn in_general_words(error: &RepositoryError) -> &'static str {
    match error {
        RepositoryError::Unavailable(_) => "is out of reach",
        RepositoryError::Failed(_) | RepositoryError::UnknownOwner => "is not as it must be",
    }
}
