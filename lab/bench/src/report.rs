//! The report of a run: tables in Markdown, all figures in JSON, and a chart as SVG.

use std::{fmt::Write, fs, path::Path, thread};

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use crate::{machine, measurement::Measurement, options::Target, postgres::Postgres, svg::Picture, workload::Workload};

/// The results of a run, and the machine.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The machine.
    pub(crate) machine: Machine,
    /// The duration of a measurement in seconds.
    pub(crate) seconds: u64,
    /// The number of rounds.
    pub(crate) rounds: usize,
    /// The size of the service's binary.
    pub(crate) binary_bytes: u64,
    /// The time from the start of a process until it is ready, in milliseconds. The median of five.
    pub(crate) start_ms: Vec<(Target, f64)>,
    /// Descriptions of failed measurements.
    pub(crate) failed: Vec<String>,
    /// The medians.
    pub(crate) medians: Vec<Measurement>,
    /// All measurements in the order in which they were taken.
    pub(crate) measurements: Vec<Measurement>,
}

/// The machine of a run.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    /// The number of cores, which server, Postgres and load generator share.
    pub(crate) cores: usize,
    /// The model of the processor.
    pub(crate) processor: String,
    /// The version of Postgres.
    pub(crate) postgres: String,
    /// Whether the buffers of Postgres are in huge pages. `None` if unknown.
    pub(crate) huge_pages: Option<bool>,
}

impl Machine {
    /// This one.
    pub(crate) fn new(postgres: &mut Postgres) -> anyhow::Result<Self> {
        let cores = thread::available_parallelism()?.get();
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            cores,
            processor: name.map_or_else(String::new, |(_, name)| name.to_owned()),
            postgres: postgres.one("SHOW server_version")?,
            huge_pages: postgres.pid().and_then(|pid| machine::has_huge_pages(pid).ok()),
        })
    }

    /// Describes Postgres and its buffers.
    pub(crate) fn database(&self) -> String {
        let pages = match self.huge_pages {
            Some(true) => ", its buffers in huge pages",
            Some(false) => ", its buffers in pages of the usual size",
            None => "",
        };
        format!("Postgres {}{pages}", self.postgres)
    }
}

impl Report {
    /// Writes `requests.md`, `requests.json` and `requests.svg`.
    pub(crate) fn write(&self, directory: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(directory)?;
        let write = |name: &str, text: String| fs::write(directory.join(name), text).context(name.to_owned());
        write("requests.md", self.tables())?;
        write("requests.json", json(self)?)?;
        write("requests.svg", self.picture())
    }

    /// The tables.
    pub(crate) fn tables(&self) -> String {
        let Self { machine, seconds, rounds, .. } = self;
        let mut text = format!(
            "{} cores ({}), with the server, Postgres and the load generator on them. {}. Medians of {rounds} rounds of \
             {seconds} s.\n",
            machine.cores,
            machine.processor,
            machine.database()
        );
        for connections in self.distinct(|one| one.connections) {
            let _ =
                write!(text, "\n**{connections} connections**: requests a second (µs of the server's CPU each)\n\n");
            let of_these = |one: &&Measurement| one.connections == connections;
            text += &self.throughput(&self.medians.iter().filter(of_these).collect::<Vec<_>>());
        }
        let _ = write!(text, "\n**tasks-api, as a multiple of**\n\n{}", self.ratios());
        text += "\n| | |\n|---|---|\n";
        for (target, ms) in &self.start_ms {
            let _ = writeln!(text, "| start to ready, {} | {ms:.0} ms |", target.title());
        }
        let _ = writeln!(text, "| binary, stripped | {:.1} MB |", self.binary_bytes as f64 / 1e6);
        text + "\n<details><summary>All medians</summary>\n\n" + &self.details() + "\n</details>\n"
    }

    fn distinct<T: PartialEq>(&self, of: impl Fn(&Measurement) -> T) -> Vec<T> {
        let mut found = Vec::new();
        for one in self.medians.iter().map(of) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }

    fn find(&self, target: Target, like: &Measurement) -> Option<&Measurement> {
        let same = |one: &&Measurement| {
            (one.target, one.workload, one.connections) == (target, like.workload, like.connections)
        };
        self.medians.iter().find(same)
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = self.distinct(|one| one.target);
        targets.sort_by_key(|target| *target as u8);
        targets
    }

    fn throughput(&self, of: &[&Measurement]) -> String {
        let targets = self.targets();
        let titles: Vec<&str> = targets.iter().map(|target| target.title()).collect();
        let mut table = format!("| | {} |\n|---|{}\n", titles.join(" | "), "--:|".repeat(titles.len()));
        for workload in self.distinct(|one| one.workload) {
            let _ = write!(table, "| {workload} |");
            for target in &targets {
                let one = of.iter().find(|one| (one.target, one.workload) == (*target, workload));
                let cell = one.map(|one| match one.figures.server_cpu_us {
                    Some(us) => format!("{} ({us:.0})", thousands(one.figures.per_second)),
                    None => thousands(one.figures.per_second),
                });
                let _ = write!(table, " {} |", cell.unwrap_or_default());
            }
            table.push('\n');
        }
        table
    }

    fn ratios(&self) -> String {
        let others = [Target::Pgbench, Target::Fastapi, Target::Hono];
        let mut table = "| | connections | pgbench | FastAPI | Hono | its p99 to FastAPI's | EdDSA to HS256 |\n\
                         |---|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
        for one in self.medians.iter().filter(|one| one.target == Target::Service) {
            let _ = write!(table, "| {} | {} |", one.workload, one.connections);
            let mut cell = |ratio: Option<f64>| {
                let _ = write!(table, " {} |", ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default());
            };
            let figures = &one.figures;
            for other in others {
                cell(self.find(other, one).map(|other| figures.per_second / other.figures.per_second));
            }
            cell(self.find(Target::Fastapi, one).map(|other| figures.p99_us / other.figures.p99_us));
            cell(self.find(Target::Eddsa, one).map(|other| other.figures.per_second / figures.per_second));
            table.push('\n');
        }
        table
    }

    fn details(&self) -> String {
        let mut table =
            "| | connections | | requests/s | p50 ms | p99 ms | server µs | Postgres µs | generator's share \
                         of a core | peak memory MB | errors |\n|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
                .to_owned();
        let optional =
            |figure: Option<f64>, digits: usize| figure.map(|figure| format!("{figure:.digits$}")).unwrap_or_default();
        for Measurement { target, workload, connections, figures } in &self.medians {
            let _ = writeln!(
                table,
                "| {workload} | {connections} | {} | {} | {:.2} | {:.2} | {} | {} | {} | {} | {} |",
                target.title(),
                thousands(figures.per_second),
                figures.p50_us / 1e3,
                figures.p99_us / 1e3,
                optional(figures.server_cpu_us, 1),
                optional(figures.database_cpu_us, 1),
                optional(figures.generator_cpu.map(|share| share * 100.0), 0),
                optional(figures.peak_memory.map(|bytes| bytes as f64 / 1e6), 0),
                figures.errors,
            );
        }
        table
    }

    /// A bar chart of requests per second by workload, at 32 connections, or at the first number that was measured.
    fn picture(&self) -> String {
        const SHOWN: [Target; 4] = [Target::Service, Target::Hono, Target::Fastapi, Target::Pgbench];
        const BAR: f64 = 16.0;
        let counts = self.distinct(|one| one.connections);
        let connections = if counts.contains(&32) { 32 } else { counts.first().copied().unwrap_or_default() };
        let shown: Vec<&Measurement> =
            self.medians.iter().filter(|one| one.connections == connections && SHOWN.contains(&one.target)).collect();
        let most = shown.iter().map(|one| one.figures.per_second).fold(1.0, f64::max);
        let workloads: Vec<Workload> =
            self.distinct(|one| one.workload).into_iter().filter(|one| *one != Workload::List1000).collect();
        let targets: Vec<Target> =
            SHOWN.into_iter().filter(|target| shown.iter().any(|one| one.target == *target)).collect();

        let group = BAR * targets.len() as f64 + 18.0;
        let (left, width) = (80.0, 560.0);
        let mut picture = Picture::new(left + width + 80.0, 64.0 + group * workloads.len() as f64);
        let title = format!("Requests a second over {connections} connections; {} cores for all", self.machine.cores);
        picture.text((8.0, 22.0), "start", "title", &title);
        for (nth, target) in targets.iter().enumerate() {
            let x = 8.0 + 160.0 * nth as f64;
            picture.bar((x, 36.0), (11.0, 11.0), &format!("c{nth}"));
            picture.text((x + 17.0, 46.0), "start", "", target.title());
        }
        for (row, workload) in workloads.iter().enumerate() {
            let top = 64.0 + group * row as f64;
            picture.text((left - 10.0, top + group / 2.0 - 4.0), "end", "", &workload.to_string());
            for (nth, target) in targets.iter().enumerate() {
                let Some(one) = shown.iter().find(|one| (one.target, one.workload) == (*target, *workload)) else {
                    continue;
                };
                let (y, length) = (top + BAR * nth as f64, one.figures.per_second / most * width);
                picture.bar((left, y), (length.max(1.0), BAR - 3.0), &format!("c{nth}"));
                picture.text((left + length + 6.0, y + 11.0), "start", "small", &thousands(one.figures.per_second));
            }
        }
        picture.finish()
    }
}

/// JSON with a line for each element of each list, so that runs can be compared with `diff`.
pub(crate) fn json(report: &impl Serialize) -> anyhow::Result<String> {
    let mut members = Vec::new();
    for (name, value) in serde_json::to_value(report)?.as_object().context("a report is an object")? {
        let value = match value {
            Value::Array(elements) => {
                let lines: Vec<String> = elements.iter().map(|element| format!("    {element}")).collect();
                format!("[\n{}\n  ]", lines.join(",\n"))
            }
            value => value.to_string(),
        };
        members.push(format!("  \"{name}\": {value}"));
    }
    Ok(format!("{{\n{}\n}}\n", members.join(",\n")))
}

/// A number without decimals, with a comma between groups of three digits.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!([7.0, 999.6, 12_345.0, 1_234_567.0].map(thousands), ["7", "1,000", "12,345", "1,234,567"]);
    }
}
