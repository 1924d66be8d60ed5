//! Decides whether statements share connections and commits.
//!
//! They may on a single Postgres. Where a server spreads rows over several machines, a group of writes spans machines: its commit has
//! two phases, its lock timeout does not reach the machines, and a change may be acknowledged before it is visible. A read then waits
//! for another machine than its own.

use sqlx::{PgConnection, Row as _, raw_sql};

use crate::{ConnectionSharing, Sharing};

/// The extensions that spread rows over several machines.
const DISTRIBUTING: [&str; 3] = ["citus", "rds_aurora", "bdr"];

/// Who builds Postgres and adds a name to its version, such as `(Debian 16.4-1.pgdg120+1)`.
const BUILDERS: [&str; 6] = ["Debian", "Ubuntu", "Raspbian", "Homebrew", "Postgres.app", "EnterpriseDB"];

/// Decides according to the setting and, if that is `auto`, to what the server says of itself.
pub(super) async fn decide(setting: Sharing, connection: &mut PgConnection) -> ConnectionSharing {
    let chosen = |is_on, value| ConnectionSharing { is_on, reason: format!("DATABASE_SHARE_CONNECTIONS is {value}") };
    match setting {
        Sharing::On => chosen(true, "on"),
        Sharing::Off => chosen(false, "off"),
        Sharing::Auto => match identity(connection).await {
            Ok((version, extensions)) => judge(&version, &extensions),
            Err(error) => off(format!("the server does not say what it is: {error}")),
        },
    }
}

/// The server's version, and its extensions separated by blanks.
async fn identity(connection: &mut PgConnection) -> Result<(String, String), sqlx::Error> {
    // One message, because a pooler may switch to another server connection between two.
    let sql = "SELECT version(), (SELECT coalesce(string_agg(extname::text, ' '), '') FROM pg_extension)";
    let row = raw_sql(sql).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Whether this is a single Postgres.
fn judge(version: &str, extensions: &str) -> ConnectionSharing {
    if let Some(name) = extensions.split(' ').find(|name| DISTRIBUTING.contains(name)) {
        return off(format!("the server has the extension {name}"));
    }
    if is_postgres(version) {
        return ConnectionSharing { is_on: true, reason: "the server is a single Postgres".to_owned() };
    }
    // The version ends with the compiler's, which does not matter here.
    let version: String = version.chars().take(60).collect();
    off(format!("the server is not known to be a single Postgres: {version}"))
}

fn off(reason: String) -> ConnectionSharing {
    ConnectionSharing { is_on: false, reason }
}

/// Whether this is the version of Postgres itself, such as `PostgreSQL 16.4 (Debian 16.4-1.pgdg120+1) on x86_64-pc-linux-gnu,
/// compiled by gcc`. Servers that only speak its protocol leave out the platform, or add a name to the number or after it.
fn is_postgres(version: &str) -> bool {
    let Some((number, rest)) = version.strip_prefix("PostgreSQL ").and_then(|rest| rest.split_once([' ', ','])) else {
        return false;
    };
    let (builder, platform) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        Some((builder, platform)) => (Some(builder), platform),
        None => (None, rest),
    };
    // Windows had no platform before version 17.
    let has_platform = platform.starts_with("on ") || platform.trim_start().starts_with("compiled by ");
    is_number(number) && builder.is_none_or(is_builder) && has_platform && platform.contains("compiled by ")
        // Redshift ends with its name.
        && !platform.contains("Redshift")
}

/// Such as `16.4`, `9.6.24`, `18beta1` or `17devel`.
fn is_number(number: &str) -> bool {
    let rest = number.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let stage = rest.trim_end_matches(|letter: char| letter.is_ascii_digit());
    rest.len() < number.len() && ["", "devel", "beta", "rc"].contains(&stage)
}

/// A known builder, or a commit in hexadecimal digits, as Neon has.
fn is_builder(builder: &str) -> bool {
    let is_commit = builder.len() >= 7 && builder.chars().all(|digit| digit.is_ascii_hexdigit());
    is_commit || BUILDERS.iter().any(|known| builder.starts_with(known))
}

#[cfg(test)]
mod tests;
