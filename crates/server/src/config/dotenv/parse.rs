//! Splits the text of a file into names and values, exactly as `dotenv` 16 from npm does, which is part of Next.js.

/// A name, its value before `$` is replaced, and the number of its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    pub(super) name: &'t str,
    pub(super) value: String,
    pub(super) number: usize,
}

/// The lines with a name and a value. Other lines are skipped, whatever they are.
pub(super) fn parse(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut number = 1;
    while !rest.is_empty() {
        let blank = rest.len() - rest.trim_start().len();
        number += newlines(&rest[..blank]);
        rest = &rest[blank..];
        let after = match assignment(rest) {
            Some((name, value, after)) => {
                lines.push(Line { name, value, number });
                after
            }
            None => rest.find('\n').map_or("", |end| &rest[end..]),
        };
        number += newlines(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    lines
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// The name and the value with which a text begins, and the rest: `NAME=value`, `NAME: value`, each also after `export`.
fn assignment(text: &str) -> Option<(&str, String, &str)> {
    let exported = text.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    exported.and_then(|rest| named(rest.trim_start())).or_else(|| named(text))
}

fn named(text: &str) -> Option<(&str, String, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let (name, rest) = text.split_at(text.find(|c| !is_of_name(c))?);
    let after = match rest.trim_start().strip_prefix('=') {
        Some(after) => after,
        None => rest.strip_prefix(':')?.strip_prefix(char::is_whitespace)?,
    };
    let (value, rest) = quoted(after.trim_start()).unwrap_or_else(|| unquoted(after));
    (!name.is_empty()).then(|| (name, unwrapped(value.trim()), rest))
}

/// A value in quotes, with them, and the rest. It may have several lines. `None` unless the closing quote ends the line, but for
/// a comment.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| "'\"`".contains(*c))?;
    let quotes = text.match_indices(quote).skip(1).map(|(at, _)| at);
    let (mut escaped, mut first) = (Vec::new(), None);
    for at in quotes {
        if text[..at].ends_with('\\') {
            escaped.push(at);
        } else {
            first = Some(at);
            break;
        }
    }
    // A backslash before the quote that ends the value, as in "C:\dir\", belongs to the value.
    let ends = first.into_iter().chain(escaped.into_iter().rev());
    ends.map(|at| text.split_at(at + 1)).find(|(_, rest)| ends_line(rest))
}

fn ends_line(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() && c != '\n');
    rest.is_empty() || rest.starts_with(['\n', '#'])
}

/// A value up to a `#` or the end of the line, and the rest.
fn unquoted(text: &str) -> (&str, &str) {
    text.split_at(text.find(['#', '\n']).unwrap_or(text.len()))
}

/// The value without the quotes around it. After a double quote `\n` and `\r` are line breaks.
fn unwrapped(value: &str) -> String {
    let quote = value.chars().next().filter(|c| "'\"`".contains(*c));
    let inner = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
    if quote == Some('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
}
