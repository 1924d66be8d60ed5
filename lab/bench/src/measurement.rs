//! What was measured, and the middle of several.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{options::Target, workload::Workload};

/// One measurement, or the medians of several.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// What was asked.
    pub(crate) target: Target,
    /// What for.
    pub(crate) workload: Workload,
    /// Over how many connections.
    pub(crate) connections: usize,
    /// What came of it.
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// The figures of a measurement.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    /// Requests, or transactions, a second.
    pub(crate) per_second: f64,
    /// Half of the responses took no longer, in microseconds.
    pub(crate) p50_us: f64,
    /// All but one in a hundred took no longer, in microseconds.
    pub(crate) p99_us: f64,
    /// CPU time of all processes of the server, in microseconds a request.
    pub(crate) server_cpu_us: Option<f64>,
    /// CPU time of all processes of Postgres, likewise.
    pub(crate) database_cpu_us: Option<f64>,
    /// CPU time of the load generator, as a share of one core.
    pub(crate) generator_cpu: Option<f64>,
    /// The most memory that the server had, in bytes. What its processes share counts for each of them.
    pub(crate) peak_memory: Option<u64>,
    /// Responses with another status than expected.
    pub(crate) errors: u64,
}

impl Figures {
    /// Those that follow from latencies in microseconds, in order of length.
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

    /// The medians; of memory the most, and of errors all.
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

/// The medians of measurements of the same, in the order in which they were first taken.
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

/// The one in the middle; of an even number, the mean of the two there.
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
    fn the_median_is_the_one_in_the_middle_or_between_the_two_there() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_latencies_that_occurred() {
        let latencies: Vec<u32> = (1..=200).collect();

        let figures = Figures::of(&latencies, Duration::from_secs(2));

        let figures = [figures.per_second, figures.p50_us, figures.p99_us].map(|figure| format!("{figure}"));
        assert_eq!(figures, ["100", "101", "199"]);
    }
}
