//! For whoever watches the service: an orchestrator, a load balancer.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::Readiness;
use serde_json::json;

use crate::{Lifecycle, error::ApiError};

/// What readiness depends on.
pub(crate) struct Health {
    pub(crate) lifecycle: Lifecycle,
    /// Each with its name.
    pub(crate) dependencies: Vec<(&'static str, Arc<dyn Readiness>)>,
}

/// Whether the process answers at all. Nothing outside of it matters here: a restart would not mend that.
pub(super) async fn live() -> HttpResponse {
    ok()
}

/// Whether requests should be sent here.
pub(super) async fn ready(health: Data<Health>) -> Result<HttpResponse, ApiError> {
    if health.lifecycle.is_stopping() {
        return Err(ApiError::unavailable("the service is stopping").with_message("not ready: stopping"));
    }
    for (name, dependency) in &health.dependencies {
        if let Err(error) = dependency.check().await {
            return Err(ApiError::from(error).with_message(format!("not ready: {name}")));
        }
    }
    Ok(ok())
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
