//! The address of the metrics: apart from that of the API, since they are not for everyone.

use std::{fmt, str::FromStr};

use actix_web::{
    App, HttpResponse, HttpServer, Responder,
    dev::Server,
    error::ErrorInternalServerError,
    web::{self, Data},
};
use anyhow::Context;

use super::Metrics;
use crate::settings::METRICS_ADDRESS;

/// The format that Prometheus prefers.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// An address to listen at.
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (host, port) = text.rsplit_once(':').context("no port")?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        anyhow::ensure!(!host.is_empty() && !host.contains('/'), "no host");
        Ok(Self { host: host.to_owned(), port: port.parse()? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Serves the metrics at `/metrics` there, and nothing else, once it is polled.
///
/// # Errors
///
/// If the address cannot be had: one line that names the setting.
pub(crate) fn listen(address: &Address, metrics: Metrics) -> anyhow::Result<Server> {
    let metrics = Data::new(metrics);
    let server = HttpServer::new(move || {
        let page = web::resource("/metrics").route(web::get().to(show)).route(web::head().to(show));
        App::new().app_data(metrics.clone()).service(page)
    });
    let server = server.workers(1).shutdown_timeout(1).disable_signals();
    let server = server
        .bind((address.host.as_str(), address.port))
        .with_context(|| format!("{}: cannot listen on {address}", METRICS_ADDRESS.name))?;
    for address in server.addrs() {
        tracing::info!(%address, "metrics are at /metrics");
    }
    Ok(server.run())
}

async fn show(metrics: Data<Metrics>) -> actix_web::Result<impl Responder> {
    let lines = metrics.read().await.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(lines))
}
