//! The name of a table.

use std::fmt;

use sea_orm_migration::sea_query::{Alias, IntoTableRef, TableRef};

/// The name of a table, with or without its schema.
///
/// Upper and lower case differ. As text it is `table` or `schema.table`. A part with a dot or a quote is in double quotes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The schema. `None`: the connection's search path decides.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

impl TableName {
    /// A table that is found by the connection's search path.
    #[must_use]
    pub fn unqualified(table: &str) -> Self {
        Self { schema: None, table: table.to_owned() }
    }

    /// Reads the form that `Display` writes. `None` if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = part(text)?;
        match rest.strip_prefix('.') {
            None if rest.is_empty() => Some(Self { schema: None, table: first }),
            None => None,
            Some(rest) => match part(rest)? {
                (table, "") => Some(Self { schema: Some(first), table }),
                _ => None,
            },
        }
    }

    /// The name for SeaQuery.
    #[must_use]
    pub fn reference(&self) -> TableRef {
        let table = Alias::new(&self.table);
        match &self.schema {
            Some(schema) => (Alias::new(schema), table).into_table_ref(),
            None => table.into_table_ref(),
        }
    }

    /// The name for the text of a statement, each part in double quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        let schema = self.schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
        format!("{schema}{}", quoted(&self.table))
    }
}

/// An identifier for the text of a statement.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A part of a name, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let (name, rest) = match text.strip_prefix('"') {
        None => {
            let (name, rest) = text.split_at(text.find(['.', '"']).unwrap_or(text.len()));
            (name.to_owned(), rest)
        }
        Some(text) => {
            let mut name = String::new();
            let mut rest = text;
            loop {
                let (before, after) = rest.split_once('"')?;
                name.push_str(before);
                match after.strip_prefix('"') {
                    Some(after) => {
                        name.push('"');
                        rest = after;
                    }
                    None => break (name, after),
                }
            }
        }
    };
    is_name(&name).then_some((name, rest))
}

/// Whether Postgres keeps this name as it is: 1 to 63 bytes, and not `$user`, which stands for the role in a search path.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len()) && !text.contains('\0') && text != "$user"
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |name: &str| if name.contains(['.', '"']) { quoted(name) } else { name.to_owned() };
        if let Some(schema) = &self.schema {
            write!(f, "{}.", plain(schema))?;
        }
        f.write_str(&plain(&self.table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for (text, schema, table) in [
            ("user", None, "user"),
            ("User", None, "User"),
            ("auth.users", Some("auth"), "users"),
            (r#""a.b"."c""d""#, Some("a.b"), "c\"d"),
            ("my app.user", Some("my app"), "user"),
        ] {
            let name = TableName::parse(text).unwrap();

            assert_eq!((name.schema.as_deref(), name.table.as_str()), (schema, table), "{text}");
            assert_eq!(name.to_string(), text);
        }
        assert_eq!(TableName::parse(r#""auth"."users""#), TableName::parse("auth.users"));
    }

    #[test]
    fn what_is_not_a_name_is_rejected() {
        let long = "t".repeat(64);
        for text in ["", ".", "a.", ".a", "a.b.c", "\"a", "a\"", "\"\"", "a\"b\"", "\"a\"b", "$user", "$user.a", &long]
        {
            assert_eq!(TableName::parse(text), None, "{text}");
        }
    }
}
