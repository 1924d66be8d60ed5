//! Replaces `$NAME`, `${NAME}` and `${NAME:-default}` as Next.js does, in quotes too. `\$` is a dollar sign.

/// How many references are replaced in one value. Without a limit, variables that name each other would never end.
const MAX_REFERENCES: usize = 100;

/// The value with its references replaced, and whether one of them has no value and no default. A reference is looked up in
/// `others`, which count more than the file that has the value, and then in this file, its `own`.
pub(super) fn expand<'o>(
    value: &str,
    others: impl Fn(&str) -> Option<String>,
    own: impl Fn(&str) -> Option<&'o str>,
) -> (String, bool) {
    let mut text = value.to_owned();
    let mut names_nothing = false;
    // From the last to the first, and in what they are replaced by.
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = last_dollar(&text).and_then(|at| Reference::parse(&text[at..])) else { break };
        let default = reference.default.filter(|default| !default.is_empty());
        let found = others(reference.name)
            .filter(|value| !value.is_empty())
            .or_else(|| default.map(str::to_owned))
            .or_else(|| own(reference.name).filter(|value| !value.is_empty()).map(str::to_owned));
        names_nothing |= found.is_none() && reference.default.is_none();
        // Next.js replaces the first occurrence of the same letters, which may be another one.
        text = text.replacen(reference.text, &found.unwrap_or_default(), 1);
    }
    (text.replace("\\$", "$"), names_nothing)
}

/// The position of the last `$` that has no backslash before it.
fn last_dollar(text: &str) -> Option<usize> {
    text.rmatch_indices('$').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\'))
}

/// A reference to a variable.
struct Reference<'t> {
    text: &'t str,
    name: &'t str,
    default: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Reads the reference with which a text begins. A brace may be missing.
    fn parse(text: &'t str) -> Option<Self> {
        let rest = text.strip_prefix('$')?;
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let (name, rest) = split_where(rest, |c| !(c.is_ascii_alphanumeric() || c == '_'));
        let (default, rest) = match rest.strip_prefix(":-") {
            Some(rest) => {
                let (default, rest) = split_where(rest, |c| c == '}' || c == '\\');
                (Some(default), rest)
            }
            None => (None, rest),
        };
        let rest = rest.strip_prefix('}').unwrap_or(rest);
        let text = &text[..text.len() - rest.len()];
        (!name.is_empty()).then_some(Self { text, name, default })
    }
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}
