//! The list of settings: names, meanings and defaults stand here and nowhere else. The README's table is made from it.

mod environment;
mod values;

use std::fmt::Display;

use anyhow::anyhow;

pub(crate) use environment::Environment;
pub(crate) use values::{Duration, Limit, Off, Switch};

/// A setting, as the operator knows it.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The name of the variable.
    pub(crate) name: &'static str,
    /// What a value must be; worded to follow "must be".
    pub(crate) expects: &'static str,
    /// What holds where it is not set.
    pub(crate) default: Fallback,
    /// What it is for.
    pub(crate) meaning: &'static str,
}

/// What holds where a setting is not set.
#[derive(Debug)]
pub(crate) enum Fallback {
    /// Always this value.
    Value(&'static str),
    /// One of these values, as `ENVIRONMENT` says.
    ByStage { development: &'static str, production: &'static str },
    /// It depends; in words.
    Depends(&'static str),
}

impl Display for Fallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => write!(f, "`{value}`"),
            Self::ByStage { development, production } => {
                write!(f, "development: `{development}`; production: `{production}`")
            }
            Self::Depends(words) => f.write_str(words),
        }
    }
}

macro_rules! settings {
    ($($name:ident: $expects:literal, $default:expr, $meaning:literal;)*) => {
        $(
            pub(crate) const $name: Setting =
                Setting { name: stringify!($name), expects: $expects, default: $default, meaning: $meaning };
        )*
        /// Every setting, in the order of the README's table.
        pub(crate) const ALL: &[Setting] = &[$($name),*];
    };
}

use Fallback::{ByStage, Depends, Value};

settings! {
    ENVIRONMENT: "development or production", Value("development"),
        "`production` demands the settings that matter and tells clients nothing about why a token was refused.";
    DATABASE_URL: "postgres://user:password@host/database or sqlite:path", Depends("development: `sqlite:data/tasks.db`; production: required"),
        "Where the tasks are kept.";
    BETTER_AUTH_URL: "the http:// or https:// address of the Better Auth app", Depends("none"),
        "Accepts the tokens that the app's `jwt` plugin signs: keys come from its `/api/auth/jwks`, and its origin is the issuer and audience.";
    BETTER_AUTH_SECRET: "at least 32 bytes", Depends("development: made once and kept in `data/`; production: required, unless another kind of token is accepted"),
        "Accepts tokens signed with this secret (HS256). Byte for byte as the app has it.";
    JWKS_URL: "an https:// address, or http:// to a private host", Depends("from `BETTER_AUTH_URL`"),
        "Where the key set is, if the app is reached by another address from here than from a browser.";
    JWT_ISSUER: "the exact text of the claim iss", Depends("the origin of `BETTER_AUTH_URL`"),
        "The one issuer that is accepted. Where it is set, HS256 tokens must name it too.";
    JWT_AUDIENCE: "the exact text of the claim aud", Depends("the origin of `BETTER_AUTH_URL`"),
        "The one audience that is accepted. Where it is set, HS256 tokens must name it too.";
    MAX_TOKEN_LIFETIME: "a duration such as 500ms, 2s or 5m", Value("30d"),
        "Tokens that expire later than this from now are refused.";
    SESSION_TOKENS: "off, bearer or cookie", Value("off"),
        "`bearer`: Better Auth's session tokens are accepted too, looked up in its table. `cookie`: in its cookie as well, where the origin allows it.";
    SESSION_CACHE: "off or a duration of at most a minute, such as 500ms or 5s", Value("off"),
        "How long a session that was looked up may be used again. A sign-out counts after that at the latest.";
    USER_PROVISIONING: "on or off", Depends("development on SQLite: `on`; else `off`"),
        "`on`: the row of a verified user is made when it is missing. `off`: a create for such a user is refused with 401.";
    MIGRATE_ON_START: "on or off", Depends("development: `on`; production: `off`"),
        "Whether the start brings the database up to date. Where it does not, `tasks-api migrate up` does.";
    IDEMPOTENCY_KEY_LIFETIME: "a duration such as 30m, 24h or 7d", Value("24h"),
        "For how long a create with an `Idempotency-Key` can be repeated without a second task being made.";
    MAX_TASKS_PER_USER: "a number from 1 to 1000000, or off", Value("off"),
        "How many tasks one user may have. Further creates are refused with 409.";
    HOST: "an address of this machine", Value("127.0.0.1"),
        "Where to listen. In a container: `0.0.0.0`.";
    PORT: "a number from 0 to 65535", Value("8000"),
        "Where to listen. `0` takes any free port.";
    METRICS_ADDRESS: "off, or an address and a port such as 127.0.0.1:9090", Value("off"),
        "Where Prometheus reads metrics, at `/metrics`. No token is asked for: choose an address that only it can reach.";
    CORS_ORIGINS: "origins such as https://app.example.com, separated by commas", Depends("development: `http://localhost:3000`; production: none"),
        "Whose pages may call the API from a browser, besides the origin of `BETTER_AUTH_URL`. None are needed behind a Next.js rewrite.";
    DATABASE_MAX_CONNECTIONS: "a number from 1 to 1000", Depends("36; on SQLite 5"),
        "How many connections to the database the requests share. On Postgres one more looks after the schema.";
    DATABASE_ACQUIRE_TIMEOUT: "a duration shorter than DATABASE_STATEMENT_TIMEOUT, such as 500ms or 1s", Value("1s"),
        "How long a request waits for a free connection before it is answered with 503.";
    DATABASE_STATEMENT_TIMEOUT: "a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s", Value("1500ms"),
        "How long the database may take over a statement, locks included, before the request is answered with 503.";
    DATABASE_IDLE_TIMEOUT: "a duration such as 500ms, 2s or 5m", Value("240s"),
        "After which time an unused connection is closed. Below five minutes, so that a database that sleeps can.";
    DATABASE_MAX_LIFETIME: "a duration such as 500ms, 2s or 5m", Value("15m"),
        "After which time a connection is replaced by a new one.";
    REQUEST_TIMEOUT: "a duration such as 500ms, 2s or 5m", Value("10s"),
        "How long a request may take in all before it is answered with 503.";
    BODY_TIMEOUT: "a duration shorter than REQUEST_TIMEOUT, such as 500ms or 2s", Value("5s"),
        "How long the body of a request may take to arrive before it is answered with 408.";
    MAX_IN_FLIGHT: "a number from 1 to 65535", Value("512"),
        "How many requests under `/api` are in work at once at most. What comes on top is answered with 503 right away.";
    RATE_LIMIT: "a number from 1 to 1000000, or off", ByStage { development: "off", production: "100" },
        "How many requests a user may make per second; a second's worth may come at once. What comes on top is answered with 429. Each replica counts for itself.";
    UNAUTHENTICATED_RATE_LIMIT: "a number from 1 to 1000000, or off", ByStage { development: "off", production: "20" },
        "How many requests per second and client address are answered with 401, because they bring no valid token. Further ones are answered with 429. Each replica counts for itself.";
    TRUSTED_PROXIES: "addresses or networks such as 10.0.0.0/8, separated by commas", Depends("none"),
        "The proxies in front. Their `X-Forwarded-For` tells the address of the client; nobody else's does, and `Forwarded` and `X-Real-IP` never do.";
    SHUTDOWN_DELAY: "a duration such as 500ms, 2s or 5m", Value("500ms"),
        "How long the service serves on after SIGTERM or SIGINT, not ready any more. As long as a load balancer takes to notice.";
    SHUTDOWN_TIMEOUT: "a duration such as 500ms, 2s or 5m", Value("30s"),
        "How long requests in flight may take to finish after that. Whole seconds; parts of one count as one.";
    WORKERS: "a number from 1 to 1024", Depends("one a core"),
        "How many threads serve requests.";
    RUST_LOG: "a filter such as info or info,sqlx=debug", Value("info,actix_server=warn,sea_orm_migration=warn,sqlx::postgres::notice=warn,tokio_postgres=warn,actix_http=off"),
        "What is logged. Lines go to standard error, in production as JSON.";
}

/// The settings as a table in Markdown: the README's.
pub(crate) fn table() -> String {
    let row = |setting: &Setting| {
        let Setting { name, expects, default, meaning } = setting;
        format!("| `{name}` | {expects} | {default} | {meaning} |\n")
    };
    let rows: Vec<String> = ALL.iter().map(row).collect();
    format!("| name | must be | default | meaning |\n|---|---|---|---|\n{}", rows.concat())
}

impl Setting {
    /// The line for a value that is not what it must be.
    pub(crate) fn must_be_what_it_expects(&self) -> anyhow::Error {
        anyhow!("{} must be {}", self.name, self.expects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table_of_settings() {
        let readme = include_str!("../../../README.md");

        assert!(readme.contains(&table()), "the README's table is stale: paste the output of `tasks-api settings`");
    }
}
