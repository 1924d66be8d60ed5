//! The results of the suite, as tables and as JSON.

mod attacks;

use std::time::Duration;

use serde_json::{Value, json};

use crate::promises::{Measured, listed};
pub(crate) use attacks::attacks;

/// The outcome of a check.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each check")]
pub(crate) enum Outcome {
    /// It ran; `broken` lists the promises that were not kept.
    Ran { measured: Measured, broken: Vec<String> },
    /// It cannot run on this machine, for this reason.
    Skipped(String),
    /// The check itself failed, for this reason.
    Failed(String),
}

/// The error of a check that cannot run on this machine.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// A check and its outcome.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) on: String,
    pub(crate) took: Duration,
    pub(crate) outcome: Outcome,
}

impl Row {
    pub(crate) fn is_good(&self) -> bool {
        matches!(&self.outcome, Outcome::Ran { broken, .. } if broken.is_empty())
    }

    fn cells(&self) -> [String; 12] {
        let seconds = |span: Option<Duration>| span.map(|span| format!("{:.2} s", span.as_secs_f64()));
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
        let took = format!("{:.1} s", self.took.as_secs_f64());
        let (fault, on) = (self.fault.to_owned(), self.on.clone());
        match &self.outcome {
            Outcome::Ran { measured, broken } => [
                fault,
                on,
                measured.rounds.to_string(),
                measured.requests.to_string(),
                or_dash((!measured.failures.is_empty()).then(|| listed(&measured.failures))),
                or_dash(number(measured.lost)),
                or_dash(number(measured.twice)),
                or_dash(number(measured.anomalies)),
                or_dash(number(measured.foreign)),
                or_dash(seconds(measured.longest)),
                or_dash(seconds(measured.recovery)),
                if broken.is_empty() { format!("kept ({took})") } else { format!("BROKEN ({took})") },
            ],
            Outcome::Skipped(_) => Self::without_figures(fault, on, "SKIPPED".to_owned()),
            Outcome::Failed(_) => Self::without_figures(fault, on, format!("FAILED ({took})")),
        }
    }

    fn without_figures(fault: String, on: String, verdict: String) -> [String; 12] {
        let mut cells: [String; 12] = std::array::from_fn(|_| "–".to_owned());
        (cells[0], cells[1], cells[11]) = (fault, on, verdict);
        cells
    }

    /// Explains a failed or skipped row, with one line for each reason.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let name = format!("{} ({})", self.fault, self.on);
        match &self.outcome {
            Outcome::Ran { broken, .. } if broken.is_empty() => Vec::new(),
            Outcome::Ran { measured, broken } => {
                let broken = broken.iter().map(|promise| format!("{name}: promise broken: {promise}"));
                let evidence = measured.evidence.iter().map(|evidence| format!("    {evidence}"));
                broken.chain(evidence.take(20)).collect()
            }
            Outcome::Skipped(reason) => vec![format!("{name}: skipped: {reason}")],
            Outcome::Failed(reason) => vec![format!("{name}: the check itself failed: {reason}")],
        }
    }

    pub(crate) fn json(&self) -> Value {
        let (verdict, measured, notes) = match &self.outcome {
            Outcome::Ran { measured, broken } if broken.is_empty() => ("kept", Some(measured), broken.clone()),
            Outcome::Ran { measured, broken } => ("broken", Some(measured), broken.clone()),
            Outcome::Skipped(reason) => ("skipped", None, vec![reason.clone()]),
            Outcome::Failed(reason) => ("failed", None, vec![reason.clone()]),
        };
        let failures = |measured: &Measured| {
            let each = measured.failures.iter().map(|(failure, times)| (failure.to_string(), json!(times)));
            each.collect::<serde_json::Map<_, _>>()
        };
        json!({
            "fault": self.fault,
            "on": self.on,
            "verdict": verdict,
            "notes": notes,
            "seconds": self.took.as_secs_f64(),
            "rounds": measured.map(|measured| measured.rounds),
            "requests": measured.map(|measured| measured.requests),
            "failures": measured.map(failures),
            "lost": measured.and_then(|measured| measured.lost),
            "twice": measured.and_then(|measured| measured.twice),
            "anomalies": measured.and_then(|measured| measured.anomalies),
            "foreign": measured.and_then(|measured| measured.foreign),
            "rate": measured.and_then(|measured| measured.rate),
            "started": measured.and_then(|measured| measured.started),
            "longest_seconds": measured.and_then(|measured| measured.longest).map(|span| span.as_secs_f64()),
            "recovery_seconds": measured.and_then(|measured| measured.recovery).map(|span| span.as_secs_f64()),
            "attack": measured.and_then(|measured| measured.attacked.as_ref()).map(attacks::json),
        })
    }
}

/// The table in Markdown, with aligned columns.
pub(crate) fn table(rows: &[Row]) -> String {
    const HEAD: [&str; 12] = [
        "fault",
        "on",
        "rounds",
        "requests",
        "failures by kind",
        "lost",
        "twice",
        "anomalies",
        "foreign",
        "longest request",
        "time to recover",
        "promises",
    ];
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    aligned(&lines)
}

/// A table in Markdown. The first line is its head.
fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default());
    let mut written: Vec<String> = lines.iter().map(|cells| line(cells, &widths, ' ')).collect();
    written.insert(1, line(&std::array::from_fn(|_| String::new()), &widths, '-'));
    written.concat()
}

fn line<const COLUMNS: usize>(cells: &[String; COLUMNS], widths: &[usize; COLUMNS], fill: char) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell}{}", fill.to_string().repeat(width - cell.chars().count())))
        .collect();
    format!("| {} |\n", padded.join(" | "))
}

/// Whether the run is a success. Skipped rows fail it unless `may_skip`.
pub(crate) fn is_success(rows: &[Row], may_skip: bool) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.is_good() || may_skip && matches!(row.outcome, Outcome::Skipped(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(outcome: Outcome) -> Row {
        Row { fault: "network-cut", on: "Postgres".to_owned(), took: Duration::from_secs(1), outcome }
    }

    fn ran(broken: &[&str]) -> Row {
        let broken = broken.iter().map(ToString::to_string).collect();
        row(Outcome::Ran { measured: Measured { rounds: 1, ..Measured::default() }, broken })
    }

    #[test]
    fn one_failed_row_fails_the_run() {
        assert!(is_success(&[ran(&[]), ran(&[])], false));
        assert!(!is_success(&[ran(&[]), ran(&["no write is executed twice: 1 executed twice"])], true));
        assert!(!is_success(&[ran(&[]), row(Outcome::Failed("no server".to_owned()))], true));
        assert!(!is_success(&[], true), "a run without checks is no success");
    }

    #[test]
    fn skipped_row_fails_unless_it_may_be_skipped() {
        let rows = [ran(&[]), row(Outcome::Skipped("not root".to_owned()))];
        assert!(is_success(&rows, true));
        assert!(!is_success(&rows, false));
        assert_eq!(rows[1].remarks(), ["network-cut (Postgres): skipped: not root"]);
    }

    #[test]
    fn broken_promise_is_named_in_every_output() {
        let row = ran(&["no write is executed twice: 1 executed twice"]);
        assert_eq!(
            row.remarks(),
            ["network-cut (Postgres): promise broken: no write is executed twice: 1 executed twice"]
        );
        assert_eq!(row.json()["verdict"], "broken");
        assert!(table(&[row]).contains("BROKEN"));
    }
}
