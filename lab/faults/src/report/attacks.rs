//! The figures of attacks, in a table of their own.

use serde_json::{Value, json};

use super::{Outcome, Row, aligned};
use crate::promises::{Attacked, megabytes, milliseconds};

/// The table of the attacks in Markdown. Empty if there are none.
pub(crate) fn attacks(rows: &[Row]) -> String {
    const HEAD: [&str; 7] = ["attack", "on", "p99 alone", "p99 attacked", "memory", "allowed", "what the attacker got"];
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().filter_map(cells));
    if lines.len() > 1 { format!("\n{}", aligned(&lines)) } else { String::new() }
}

fn cells(row: &Row) -> Option<[String; 7]> {
    let Outcome::Ran { measured, .. } = &row.outcome else { return None };
    let attacked = measured.attacked.as_ref()?;
    let time = |span: Option<_>| span.map_or_else(|| "–".to_owned(), milliseconds);
    Some([
        row.fault.to_owned(),
        row.on.clone(),
        time(attacked.alone),
        time(attacked.beside),
        megabytes(attacked.memory),
        megabytes(attacked.allowed),
        attacked.got.clone(),
    ])
}

pub(super) fn json(attacked: &Attacked) -> Value {
    json!({
        "p99_alone_seconds": attacked.alone.map(|span| span.as_secs_f64()),
        "p99_attacked_seconds": attacked.beside.map(|span| span.as_secs_f64()),
        "memory_bytes": attacked.memory,
        "allowed_bytes": attacked.allowed,
        "allowed_for": attacked.allowed_for,
        "got": attacked.got,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::promises::Measured;

    #[test]
    fn only_attacks_are_in_the_table() {
        let row = |attacked| {
            let measured = Measured { rounds: 1, attacked, ..Measured::default() };
            let outcome = Outcome::Ran { measured, broken: Vec::new() };
            Row { fault: "attack-log", on: "SQLite".to_owned(), took: Duration::from_secs(1), outcome }
        };
        assert_eq!(attacks(&[row(None)]), "");

        let attacked = Attacked { alone: Some(Duration::from_millis(2)), memory: 7_000_000, ..Attacked::default() };
        let table = attacks(&[row(None), row(Some(attacked))]);

        assert_eq!(table.lines().count(), 4, "{table}");
        assert!(table.contains("| 2.0 ms    | –            | 7 MB   |"), "{table}");
    }
}
