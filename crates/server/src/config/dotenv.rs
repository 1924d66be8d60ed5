//! Files such as `.env`, with the meaning that they have for `next dev`: the app and this service can share one.

mod expand;
mod parse;

use std::{collections::HashMap, fs, io::ErrorKind, path::Path};

use anyhow::{Context, bail};

use self::{
    expand::expand,
    parse::{Line, parse},
};

/// The files that `next dev` reads, the most important one first.
const FILES: [&str; 4] = [".env.development.local", ".env.local", ".env.development", ".env"];

/// A value from a file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) file: &'static str,
    /// The line of the name, from one.
    pub(super) line: usize,
    /// Whether the value names a variable that has no value. Next.js replaces it by nothing.
    pub(super) names_nothing: bool,
}

/// Reads the files in this directory that exist. A variable that `process` knows is not read from them.
///
/// # Errors
///
/// If a file cannot be read or is not UTF-8. What the lines say is never an error, since most of them are other programs'.
pub(super) fn read(
    directory: &Path,
    process: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<HashMap<String, Entry>> {
    let mut entries: HashMap<String, Entry> = HashMap::new();
    for file in FILES {
        let Some(text) = text_of(&directory.join(file)).context(file)? else { continue };
        // Of two lines with one name the last one counts.
        let own: HashMap<&str, Line<'_>> = parse(&text).into_iter().map(|line| (line.name, line)).collect();
        let known = |name: &str| process(name).or_else(|| entries.get(name).map(|entry| entry.value.clone()));
        let read: Vec<(String, Entry)> = own
            .values()
            .filter(|line| known(line.name).is_none())
            .map(|line| {
                let (value, names_nothing) = expand(&line.value, known, |name| own.get(name).map(|line| &*line.value));
                (line.name.to_owned(), Entry { value, file, line: line.number, names_nothing })
            })
            .collect();
        entries.extend(read);
    }
    Ok(entries)
}

/// The text of a file. `None` if there is none, or a directory, as Docker leaves one where a file to mount is missing.
fn text_of(path: &Path) -> anyhow::Result<Option<String>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => return Ok(None),
        Err(error) => return Err(error).context("cannot be read"),
    };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
        bail!("must be saved as UTF-8: it is UTF-16, as PowerShell's `>` writes it (docs/troubleshooting.md#utf-16)");
    }
    // Another program's line in another encoding must not matter. A setting of ours that has such bytes is invalid.
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.replace("\r\n", "\n").replace('\r', "\n")))
}

#[cfg(test)]
mod tests;
