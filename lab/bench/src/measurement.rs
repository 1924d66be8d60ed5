//! Measurements and their medians.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{options::Target, workload::Workload};

/// One measurement, or the medians of several.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// The target.
    pub(crate) target: Target,
    /// The workload.
    pub(crate) workload: Workload,
    /// The number of connections.
    pub(crate) connections: usize,
    /// The figures.
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// The figures of a measurement.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    /// Requests, or transactions, per second.
    pub(crate) per_second: f64,
    /// The median latency, in microseconds.
    pub(crate) p50_us: f64,
    /// The 99th percentile of latency, in microseconds.
    pub(crate) p99_us: f64,
    /// CPU time of all processes of the server, in microseconds per request.
    pub(crate) server_cpu_us: Option<f64>,
    /// CPU time of all processes of Postgres, in microseconds per request.
    pub(crate) database_cpu_us: Option<f64>,
    /// CPU time of the load generator, as a fraction of one core.
    pub(crate) generator_cpu: Option<f64>,
    /// Peak memory of the server, in bytes. Shared memory counts for each process.
    pub(crate) peak_memory: Option<u64>,
    /// Responses with an unexpected status.
    pub(crate) errors: u64,
}

impl Figures {
    /// Computes rate and percentiles from latencies in microseconds, in ascending order.
    pub(crate) fn of(latencies: &[u32], duration: Duration) -> Self {
        let percentile = |percent: usize| {
            let last = latencies.len().saturating_sub(1);
            latencies.get((latencies.len() * percent / 100).min(last)).copied().map_or(0.0, f64::from)
        };
        Self {
            per_second: latencies.len() as f64 / duration.as_secs_f64(),
            p50_us: percentile(50),
            p99_us: percentile(99),
            ..Self::default()
        }
    }

    /// The medians of rates, latencies and CPU times, the maximum of memory, and the sum of errors.
    pub(crate) fn median(of: &[&Self]) -> Self {
        let middle = |figure: fn(&Self) -> f64| median(of.iter().map(|figures| figure(figures)).collect());
        let middle_if_any = |figure: fn(&Self) -> Option<f64>| {
            let figures: Option<Vec<f64>> = of.iter().map(|figures| figure(figures)).collect();
            figures.map(median)
        };
        Self {
            per_second: middle(|figures| figures.per_second),
            p50_us: middle(|figures| figures.p50_us),
            p99_us: middle(|figures| figures.p99_us),
            server_cpu_us: middle_if_any(|figures| figures.server_cpu_us),
            database_cpu_us: middle_if_any(|figures| figures.database_cpu_us),
            generator_cpu: middle_if_any(|figures| figures.generator_cpu),
            peak_memory: of.iter().filter_map(|figures| figures.peak_memory).max(),
            errors: of.iter().map(|figures| figures.errors).sum(),
        }
    }
}

/// The median of each target, workload and number of connections, in the order in which they first occur.
pub(crate) fn medians(measurements: &[Measurement]) -> Vec<Measurement> {
    let mut medians: Vec<Measurement> = Vec::new();
    for one in measurements {
        let same = |other: &&Measurement| {
            (other.target, other.workload, other.connections) == (one.target, one.workload, one.connections)
        };
        if medians.iter().any(|median| same(&median)) {
            continue;
        }
        let all: Vec<&Figures> = measurements.iter().filter(same).map(|other| &other.figures).collect();
        medians.push(Measurement { figures: Figures::median(&all), ..one.clone() });
    }
    medians
}

/// The median. Of an even number of figures, it is the mean of the middle two.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = |at: usize| figures.get(at).copied().unwrap_or_default();
    f64::midpoint(middle(figures.len().saturating_sub(1) / 2), middle(figures.len() / 2))
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, workload, connections, figures } = self;
        let (p50, p99) = (figures.p50_us / 1e3, figures.p99_us / 1e3);
        write!(
            f,
            "{workload:<8} {connections:>3} × {:<24}{:>8.0}/s  p50 {p50:>8.2} ms  p99 {p99:>8.2} ms",
            target.title(),
            figures.per_second
        )?;
        if let Some(us) = figures.server_cpu_us {
            write!(f, "  server {us:>6.1} µs")?;
        }
        if let Some(us) = figures.database_cpu_us {
            write!(f, "  Postgres {us:>6.1} µs")?;
        }
        if let Some(share) = figures.generator_cpu {
            write!(f, "  generator {:>3.0} %", share * 100.0)?;
        }
        if let Some(bytes) = figures.peak_memory {
            write!(f, "  {:>4.0} MB", bytes as f64 / 1e6)?;
        }
        if figures.errors > 0 {
            write!(f, "  {} ERRORS", figures.errors)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_even_count_is_the_mean_of_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_measured_latencies() {
        let latencies: Vec<u32> = (1..=200).collect();

        let figures = Figures::of(&latencies, Duration::from_secs(2));

        let figures = [figures.per_second, figures.p50_us, figures.p99_us].map(|figure| format!("{figure}"));
        assert_eq!(figures, ["100", "101", "199"]);
    }
}
