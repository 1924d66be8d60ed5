//! For whoever watches the service: an orchestrator, a load balancer.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::Readiness;
use serde_json::json;

use crate::error::ApiError;

/// What readiness depends on.
pub(crate) struct Health {
    pub(crate) store: Arc<dyn Readiness>,
}

/// Whether the process answers at all. Nothing outside of it matters here: a restart would not mend that.
pub(super) async fn live() -> HttpResponse {
    ok()
}

/// Whether requests should be sent here.
pub(super) async fn ready(health: Data<Health>) -> Result<HttpResponse, ApiError> {
    health.store.check().await?;
    Ok(ok())
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
