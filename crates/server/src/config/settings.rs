//! The list of settings: the only place with their names, formats, defaults and purposes. The README's table is generated from
//! it.

use std::{num::NonZeroU32, time::Duration};

use http::{AcceptedValues, Origins, PublicPath, SecretVerifier, TrustedProxies};
use infra::{ExecutorKind, Sharing, TableName, is_name};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    address::{self, Address},
    format::{Number, OneOf, OrOff, Parsed, SWITCH, Secret, Span, from_str, text},
    log_filter,
    setting::{
        Fallback::{ByStage, Depends, Value},
        Row, Setting,
    },
    stage::Stage,
};

/// How Better Auth's session tokens are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sessions {
    Off,
    Bearer,
    Cookie,
}

/// The output stream of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogOutput {
    Stdout,
    Stderr,
}

/// From one to a million, or unlimited.
const LIMIT: OrOff<Number<NonZeroU32>> = OrOff(Number(NonZeroU32::MIN..=MILLION));

const MILLION: NonZeroU32 = match NonZeroU32::new(1_000_000) {
    Some(number) => number,
    None => NonZeroU32::MAX,
};

/// The maximum number of workers; the framework panics above it.
pub(super) const MAX_WORKERS: u16 = 512;

const SPAN: Span = Span::such_as("500ms, 2s or 5m");

macro_rules! settings {
    ($($name:ident $(or $file:ident)?: $value:ty = $format:expr, $default:expr, $meaning:literal;)*) => {
        $(
            pub(crate) static $name: Setting<$value> = Setting {
                name: stringify!($name),
                file: [$(stringify!($file))?].first().copied(),
                format: &$format,
                default: $default,
                meaning: $meaning,
            };
        )*
        /// Every setting, in the order of the README's table.
        static ALL: &[&dyn Row] = &[$(&$name),*];
    };
}

settings! {
    ENVIRONMENT: Stage = OneOf(&[("development", Stage::Development), ("production", Stage::Production)]), Value("development"),
        "`production` requires the settings that matter, and does not tell clients why a token was rejected.";
    DATABASE_URL or DATABASE_URL_FILE: String = text("postgres://user:password@host/database or sqlite:path"), Depends("development: `sqlite:data/tasks.db`; production: required"),
        "The database that holds the tasks.";
    DATABASE_SCHEMA: String = Parsed { expects: "the name of a schema", parse: |text| is_name(text).then(|| text.to_owned()) }, Depends("the parameter `schema` in `DATABASE_URL`; else the first of the search path"),
        "The schema of this service's tables, on Postgres. `tasks-api migrate up` creates it.";
    USER_TABLE: TableName = Parsed { expects: "the name of a table such as users or auth.users", parse: TableName::parse }, Depends("`user` on the search path"),
        "Better Auth's table of users, if it is not called `user` or not on the search path. Upper and lower case differ.";
    BETTER_AUTH_URL: Url = Parsed { expects: "the http:// or https:// address of the Better Auth app", parse: http_url }, Depends("none"),
        "Accepts the tokens that the app's `jwt` plugin signs. Keys come from the app's `/api/auth/jwks`; its origin is the issuer and the audience.";
    BETTER_AUTH_SECRET or BETTER_AUTH_SECRET_FILE: SecretString = Secret { min_bytes: SecretVerifier::MIN_SECRET_BYTES }, Depends("development: generated once and kept in `data/`; production: required, unless another kind of token is accepted"),
        "Accepts tokens signed with this secret (HS256). Must be the same, byte for byte, as in the app.";
    JWKS_URL: Url = Parsed { expects: "an https:// address, or http:// to a private host", parse: http_url }, Depends("from `BETTER_AUTH_URL`"),
        "The address of the key set, if this service reaches the app under another address than a browser does.";
    JWT_ISSUER: AcceptedValues = from_str("the exact text of the claim iss, or several separated by commas"), Depends("the origin of `BETTER_AUTH_URL`"),
        "The accepted issuers. If it is set, HS256 tokens must name one too.";
    JWT_AUDIENCE: AcceptedValues = from_str("the exact text of the claim aud, or several separated by commas"), Depends("the origin of `BETTER_AUTH_URL`"),
        "The accepted audiences. If it is set, HS256 tokens must name one too.";
    CLOCK_SKEW: Duration = Span::such_as("0s or 5s").or_zero().at_most(Duration::from_mins(1)), Value("5s"),
        "How much the clock of the app may differ from that of the service: tokens are valid that much earlier and longer.";
    MAX_TOKEN_LIFETIME: Duration = SPAN, Value("30d"),
        "Tokens that expire later than this from now are rejected.";
    SESSION_TOKENS: Sessions = OneOf(&[("off", Sessions::Off), ("bearer", Sessions::Bearer), ("cookie", Sessions::Cookie)]), Value("off"),
        "`bearer`: Better Auth's session tokens are accepted as bearer tokens and looked up in its table. `cookie`: they are also accepted in its cookie, from the origins that are named exactly.";
    SESSION_COOKIE: String = Parsed { expects: "the name of a cookie such as better-auth.session_token", parse: cookie_name }, Value("better-auth.session_token"),
        "The name of the session cookie, without the `__Secure-` that Better Auth adds if its address is https.";
    SESSION_CACHE: Option<Duration> = OrOff(Span::such_as("500ms or 5s").at_most(Duration::from_mins(1))), Value("off"),
        "How long the result of a session lookup is cached. A sign-out takes effect after that at the latest.";
    USER_PROVISIONING: bool = SWITCH, Depends("development on SQLite: `on`; else `off`"),
        "`on`: if a verified user has no row in the table of users, a create inserts it. `off`: such a create is rejected with 401.";
    MIGRATE_ON_START: bool = SWITCH, ByStage { development: "on", production: "off" },
        "Whether the service applies pending migrations when it starts. `tasks-api migrate up` applies them too.";
    IDEMPOTENCY_KEY_LIFETIME: Duration = Span::such_as("30m, 24h or 7d"), Value("24h"),
        "How long a create with an `Idempotency-Key` can be repeated without creating a second task.";
    MAX_TASKS_PER_USER: Option<NonZeroU32> = LIMIT, Value("off"),
        "How many tasks a user may have. Further creates are rejected with 409. So are creates under a new `Idempotency-Key` of a user with ten times as many keys.";
    HOST: String = Parsed { expects: "an address of this machine without a port, such as 127.0.0.1, [::] or localhost", parse: address::host }, Value("127.0.0.1"),
        "The address to listen on. In a container: `0.0.0.0`, or `[::]` to listen on IPv6 too.";
    PORT: u16 = Number(0..=u16::MAX), Value("8000"),
        "The port to listen on. `0` takes any free port.";
    PUBLIC_PATH: PublicPath = from_str("a path such as /backend"), Value("/"),
        "The path under which clients reach the service, if a proxy removes it from requests. `Location` and the servers in the OpenAPI document begin with it.";
    KEEP_ALIVE: Duration = Span::such_as("75s or 16m").at_least(Duration::from_secs(1)), Value("16m"),
        "How long a connection may be idle before it is closed. Choose more than the idle timeout of the proxy, or the proxy may send a request over a connection that is just being closed. An idle connection takes a file descriptor and 10 KB.";
    MAX_CONNECTIONS: u32 = Number(1..=1_000_000), Depends("`8192`, or fewer if the limit of open files is lower"),
        "How many connections of clients may be open. Further ones are closed at once. The start raises the limit of open files as far as it may.";
    MAX_CONNECTIONS_PER_ADDRESS: u32 = Number(1..=1_000_000), Depends("a quarter of `MAX_CONNECTIONS`"),
        "How many of them may come from one client address, so that one client leaves room for others. Those of `TRUSTED_PROXIES` have no such limit.";
    SEND_TIMEOUT: Duration = SPAN, Value("30s"),
        "How long a client may take to read a response before its connection is closed. At a stop at most half of `SHUTDOWN_TIMEOUT`.";
    METRICS_ADDRESS: Option<Address> = OrOff(from_str("an address and a port such as 127.0.0.1:9090")), Value("off"),
        "Where Prometheus reads metrics, at `/metrics`. It requires no token: choose an address that only Prometheus can reach.";
    CORS_ORIGINS: Origins = from_str("origins such as https://app.example.com or https://*.example.com, separated by commas"), Depends("development: `http://localhost:3000`; production: none"),
        "The origins whose pages may call the API from a browser, besides the origin of `BETTER_AUTH_URL`. `*.` stands for any subdomain, at least two labels must follow, and pages of subdomains may not send cookies. None are needed behind a Next.js rewrite.";
    DATABASE_EXECUTOR: ExecutorKind = OneOf(&[("pipelined", ExecutorKind::Pipelined), ("seaorm", ExecutorKind::SeaOrm)]), Value("pipelined"),
        "What runs statements on Postgres. `seaorm` is SeaORM's own connection: simpler, with fewer requests per second.";
    DATABASE_SHARE_CONNECTIONS: Sharing = OneOf(&[("auto", Sharing::Auto), ("on", Sharing::On), ("off", Sharing::Off)]), Value("auto"),
        "Whether concurrent reads share a connection to Postgres, and concurrent changes a commit, which is faster. `auto`: unless the server has the extension `citus`, or is not known to be a single Postgres.";
    DATABASE_START_TIMEOUT: Option<Duration> = OrOff(SPAN), Value("60s"),
        "How long the start, and each command, waits for a Postgres that cannot be reached or is still starting. Meanwhile the service is not ready. A wrong password, database or certificate stops the start at once.";
    DATABASE_MAX_CONNECTIONS: u16 = Number(1..=1000), Depends("36; on SQLite 5"),
        "How many connections to the database the service opens at most. On Postgres migrations use one more.";
    DATABASE_ACQUIRE_TIMEOUT: Duration = Span::such_as("500ms or 1s").shorter_than("DATABASE_STATEMENT_TIMEOUT"), Value("1s"),
        "How long a request waits for a connection before it is answered with 503.";
    DATABASE_STATEMENT_TIMEOUT: Duration = Span::such_as("500ms or 2s").shorter_than("REQUEST_TIMEOUT"), Value("1500ms"),
        "How long a statement may run, including waits for locks, before its request is answered with 503.";
    DATABASE_IDLE_TIMEOUT: Duration = SPAN, Value("240s"),
        "When an idle connection is closed. Less than five minutes, so that a serverless database can suspend.";
    DATABASE_MAX_LIFETIME: Duration = SPAN, Value("15m"),
        "When a connection is replaced by a new one.";
    REQUEST_TIMEOUT: Duration = SPAN, Value("10s"),
        "How long a request may take before it is answered with 503.";
    BODY_TIMEOUT: Duration = Span::such_as("500ms or 2s").shorter_than("REQUEST_TIMEOUT"), Value("5s"),
        "How long the body of a request may take to arrive before the request is answered with 408.";
    MAX_IN_FLIGHT: u16 = Number(1..=u16::MAX), Value("512"),
        "How many requests under `/api` may be in flight at once. Further ones are answered with 503 at once.";
    MAX_IN_FLIGHT_PER_USER: u16 = Number(1..=u16::MAX), Value("64"),
        "How many requests of one user may be in flight at once. Further ones are answered with 429 at once. Each replica counts for itself.";
    RATE_LIMIT: Option<NonZeroU32> = LIMIT, ByStage { development: "off", production: "100" },
        "How many requests a user may make per second, all of them at once if they like. Further ones are answered with 429. Each replica counts for itself.";
    UNAUTHENTICATED_RATE_LIMIT: Option<NonZeroU32> = LIMIT, ByStage { development: "off", production: "20" },
        "How many requests without a valid token are answered with 401, per second and client address. Further ones are answered with 429, and their tokens are not verified. Each replica counts for itself.";
    TRUSTED_PROXIES: TrustedProxies = from_str("addresses or networks such as 10.0.0.0/8, separated by commas"), Depends("none"),
        "The proxies in front of the service. Only their `X-Forwarded-For` is believed; `Forwarded` and `X-Real-IP` never are.";
    SHUTDOWN_DELAY: Duration = SPAN, Value("500ms"),
        "How long the service keeps serving after SIGTERM or SIGINT while it reports that it is not ready: as long as a load balancer takes to notice.";
    SHUTDOWN_TIMEOUT: Duration = SPAN, Value("30s"),
        "How long requests in flight may take to finish after that. Rounded up to whole seconds.";
    WORKERS: u16 = Number(1..=MAX_WORKERS), Depends("one per core, at most 512"),
        "How many threads serve requests.";
    RUST_LOG: EnvFilter = Parsed { expects: "a filter such as info or info,sqlx=debug", parse: log_filter::parse }, Value("info,actix_server=warn,sea_orm_migration=warn,sqlx::postgres::notice=warn,tokio_postgres=warn,actix_http=off"),
        "What is logged.";
    LOG_OUTPUT: LogOutput = OneOf(&[("stdout", LogOutput::Stdout), ("stderr", LogOutput::Stderr)]), Value("stdout"),
        "Where the service writes its log, in production as JSON. Platforms collect standard output, and several of them show every line of standard error as an error. Commands such as `migrate` always log to standard error, since their results go to standard output.";
    OTEL_EXPORTER_OTLP_ENDPOINT: Url = Parsed { expects: "the http:// or https:// address of an OpenTelemetry collector", parse: http_url }, Depends("none"),
        "Exports a span for each request to this collector, as OTLP over HTTP. Only in a build with the cargo feature `otlp`.";
    OTEL_SERVICE_NAME: String = text("a name"), Value("tasks-api"),
        "The name of this service in exported spans.";
}

/// The settings as a Markdown table, as in the README.
pub(crate) fn table() -> String {
    let rows: String = ALL.iter().map(|setting| setting.row()).collect();
    format!("| name | must be | default | meaning |\n|---|---|---|---|\n{rows}")
}

/// The variables of every setting: the one with the value, and for a secret the one that names a file with it.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    ALL.iter().map(|setting| setting.variables())
}

/// A name that a cookie can have (RFC 6265, section 4.1.1).
fn cookie_name(text: &str) -> Option<String> {
    let may_contain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (!text.is_empty() && text.bytes().all(may_contain)).then(|| text.to_owned())
}

/// A URL without credentials, which would otherwise appear in the log.
fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table_of_settings() {
        let readme = include_str!("../../../../README.md");

        assert!(readme.contains(&table()), "the README's table is stale: paste the output of `tasks-api settings`");
    }

    #[test]
    fn every_default_is_a_valid_value() {
        for setting in ALL {
            for (value, is_valid) in setting.defaults() {
                assert!(is_valid, "{value}: {}", setting.row());
            }
        }
    }

    #[test]
    fn a_name_that_no_cookie_can_have_is_refused() {
        for refused in ["", "session token", "session=token", "session;token", "\"session\"", "sitzung\u{e4}"] {
            assert_eq!(cookie_name(refused), None, "{refused:?}");
        }
    }
}
