//! Searches the logs of a run for secrets, passwords, tokens and users' texts.

use std::{fs, time::Instant};

use aho_corasick::AhoCorasick;

use crate::{
    context::Context,
    promises::Measured,
    report::{Outcome, Row},
};

pub(crate) const NAME: &str = "private-text-in-logs";
pub(crate) const PROMISE: &str = "no log has a secret, password, token, title or description";

/// Searches the logs of all checks.
pub(crate) fn search(context: &Context) -> Row {
    let begin = Instant::now();
    let outcome = searched(context).unwrap_or_else(|error| Outcome::Failed(error.to_string()));
    Row { fault: NAME, on: "both".to_owned(), took: begin.elapsed(), outcome }
}

fn searched(context: &Context) -> anyhow::Result<Outcome> {
    let secrets = AhoCorasick::new(context.secrets())?;
    let mut measured = Measured::default();
    let mut lines = 0;
    for entry in fs::read_dir(context.logs())? {
        let entry = entry?;
        let log = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
        lines += log.lines().count();
        let found: Vec<&str> = private(&log, &secrets).collect();
        measured.rounds += 1;
        measured.must(found.is_empty(), PROMISE, &(entry.file_name(), found));
    }
    measured.must(lines > 0, "the logs are not empty", &lines);
    let broken = measured.broken(&[]);
    Ok(Outcome::Ran { measured, broken })
}

/// The lines that contain something private.
fn private<'a>(log: &'a str, secrets: &AhoCorasick) -> impl Iterator<Item = &'a str> {
    log.lines().filter(|line| secrets.is_match(line))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn secret_is_found_in_any_log() {
        let context = Context::new(Path::new("/bin/sh"), false).unwrap();
        let token = context.token("alice");
        fs::write(context.log("service"), "all is well\n").unwrap();
        assert!(search(&context).is_good());

        fs::write(context.log("service"), format!("all is well\nrefused: {token}\n")).unwrap();

        let row = search(&context);
        assert!(!row.is_good());
        assert!(row.remarks()[0].contains(PROMISE), "{:?}", row.remarks());
    }

    #[test]
    fn empty_logs_are_a_failure() {
        assert!(!search(&Context::new(Path::new("/bin/sh"), false).unwrap()).is_good());
    }
}
