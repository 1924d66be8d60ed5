//! The log of a Postgres server that logs statements.

use anyhow::Context;

/// A prepared statement that ran, and the values of its parameters as text. `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    /// With `$1`, `$2`, … for the parameters.
    pub(crate) sql: String,
    /// In the order of their numbers.
    pub(crate) parameters: Vec<Option<String>>,
}

/// The prepared statements in a log, in the order in which they ran: `execute NAME: SQL`, and `parameters: $1 = '…', $2 =
/// NULL` on the next line if there are any. `Parameters` has a capital since Postgres 16.
///
/// # Errors
///
/// If the parameters cannot be read.
pub(crate) fn statements(log: &str) -> anyhow::Result<Vec<Logged>> {
    let mut statements: Vec<Logged> = Vec::new();
    for line in log.lines() {
        if let Some((_, statement)) = line.split_once("LOG:  execute ") {
            let (_name, sql) = statement.split_once(": ").with_context(|| format!("no statement in {line}"))?;
            statements.push(Logged { sql: sql.to_owned(), parameters: Vec::new() });
        } else if let Some((_, detail)) = line.split_once("DETAIL:  ")
            && let Some(values) = ["parameters: ", "Parameters: "].iter().find_map(|name| detail.strip_prefix(name))
        {
            let last = statements.last_mut().with_context(|| format!("no statement before {line}"))?;
            last.parameters = parameters(values).with_context(|| format!("no parameters in {line}"))?;
        }
    }
    Ok(statements)
}

/// Reads `$1 = 'it''s', $2 = NULL`.
fn parameters(mut rest: &str) -> Option<Vec<Option<String>>> {
    let mut values = Vec::new();
    loop {
        let expected = format!("${} = ", values.len() + 1);
        rest = rest.strip_prefix(&expected)?;
        if let Some(after) = rest.strip_prefix("NULL") {
            values.push(None);
            rest = after;
        } else {
            let (value, after) = quoted(rest)?;
            values.push(Some(value));
            rest = after;
        }
        if rest.is_empty() {
            return Some(values);
        }
        rest = rest.strip_prefix(", ")?;
    }
}

/// A value in single quotes, with doubled quotes inside, at the start of a text; and the rest of the text.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_with_their_parameters() {
        let log = "2026-11-29 21:10:38.123 UTC [7] LOG:  statement: BEGIN\n\
                   2026-11-29 21:10:38.123 UTC [7] LOG:  execute s1: SELECT a FROM t WHERE b = $1 AND c = $2 AND d = $3\n\
                   2026-11-29 21:10:38.123 UTC [7] DETAIL:  parameters: $1 = 'it''s, $2 = x', $2 = NULL, $3 = ''\n\
                   2026-11-29 21:10:38.123 UTC [7] LOG:  execute <unnamed>: SELECT 1\n";

        let statements = statements(log).unwrap();

        let values = vec![Some("it's, $2 = x".to_owned()), None, Some(String::new())];
        let first = Logged { sql: "SELECT a FROM t WHERE b = $1 AND c = $2 AND d = $3".to_owned(), parameters: values };
        assert_eq!(statements, [first, Logged { sql: "SELECT 1".to_owned(), parameters: Vec::new() }]);
    }

    #[test]
    fn parameters_that_cannot_be_read_are_an_error() {
        for values in ["$1 = 'open", "$2 = '1'", "$1 = 'a' $2 = 'b'"] {
            let log = format!("LOG:  execute s1: SELECT $1\nDETAIL:  parameters: {values}\n");
            assert!(statements(&log).is_err(), "{values}");
        }
    }
}
