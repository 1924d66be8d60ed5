//! Metrics whose values are kept elsewhere and read on each scrape.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeGaugeValue, EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

/// A gauge. Without a value the metric is left out.
pub(super) struct Level<F>(pub(super) F);

/// A counter.
pub(super) struct Count<F>(pub(super) F);

impl<N: EncodeGaugeValue, F: Fn() -> Option<N>> EncodeMetric for Level<F> {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        (self.0)().map_or(Ok(()), |now| encoder.encode_gauge(&now))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        (self.0)().is_none()
    }
}

impl<F: Fn() -> u64> EncodeMetric for Count<F> {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        encoder.encode_counter::<NoLabelSet, u64, u64>(&(self.0)(), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }

    fn is_empty(&self) -> bool {
        false
    }
}

impl<F> fmt::Debug for Level<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Level")
    }
}

impl<F> fmt::Debug for Count<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Count")
    }
}
