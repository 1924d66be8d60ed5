//! The metrics endpoint. It has its own address, because metrics are not public like the API.

use actix_web::{
    App, HttpResponse, HttpServer, Responder,
    dev::Server,
    error::ErrorInternalServerError,
    web::{self, Data},
};

use super::collector::Metrics;
use crate::config::{Address, METRICS_ADDRESS};

/// The format that Prometheus prefers: `OpenMetrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves only `/metrics` at this address, as soon as it is polled.
///
/// # Errors
///
/// If the address is not available. The error is one line that names the setting.
pub(crate) fn listen(address: &Address, metrics: Metrics) -> anyhow::Result<Server> {
    let metrics = Data::new(metrics);
    let server = HttpServer::new(move || {
        let page = web::resource("/metrics").route(web::get().to(show)).route(web::head().to(show));
        App::new().app_data(metrics.clone()).service(page)
    });
    let server = server.workers(1).shutdown_timeout(1).disable_signals();
    let server = server
        .bind((address.host.as_str(), address.port))
        .map_err(|error| address.cannot_listen(METRICS_ADDRESS.name, &error))?;
    for address in server.addrs() {
        tracing::info!(%address, "metrics are at /metrics");
    }
    Ok(server.run())
}

async fn show(metrics: Data<Metrics>) -> actix_web::Result<impl Responder> {
    let lines = metrics.read().await.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(lines))
}
