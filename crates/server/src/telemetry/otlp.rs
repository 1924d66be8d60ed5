//! The export of spans: one for each request, to an OpenTelemetry collector.

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::config::Collector;

/// Exports spans, in batches and on a separate thread. When it is dropped, the last spans are exported, which takes at most
/// five seconds.
pub(super) struct Exporter(SdkTracerProvider);

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}

/// An exporter, and the layer that passes it only the spans of requests. The exporter's own spans must not be exported.
///
/// # Errors
///
/// If the exporter cannot be created.
pub(super) fn exporter<S>(collector: &Collector) -> anyhow::Result<(Exporter, impl Layer<S> + Send + Sync + use<S>)>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup> + Send + Sync,
{
    let endpoint = format!("{}/v1/traces", collector.endpoint.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build();
    let exporter = exporter.context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let resource = Resource::builder().with_service_name(collector.service_name.clone()).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tasks-api"))
        .with_location(false)
        .with_threads(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("http::")));
    Ok((Exporter(provider), layer))
}
