//! The course of each attack: the victim alone, then the victim beside the attacker.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    context::{Context, PRIVATE},
    database::Database,
    http::Client,
    parts::{Attack, Got, Kind, PER_SECOND, Part, Playing, Seen, Step, Victim},
    process::memory,
    promises::{Attacked, Measured, megabytes},
    service::Service,
    settings::Settings,
};

pub(super) const MIB: u64 = 1 << 20;

/// What a connection may take, in bytes: the buffers of a request and a response.
pub(super) const CONNECTION: u64 = 32 << 10;

/// What the service may take beyond what the attacker makes it hold, in bytes: the allocator keeps some of what was freed.
const SLACK: u64 = 32 * MIB;

/// How long a service may need until its first success.
const START: Duration = Duration::from_secs(5);

/// The user whom nobody may hinder.
pub(super) const VICTIM: &str = "victim";

/// What an ordinary front end asks for.
pub(super) const ORDINARY: [Step; 4] = [Step::Create, Step::Get, Step::List, Step::Toggle];

/// Production, with the limits of requests at their defaults.
pub(super) fn with_limits(settings: Settings) -> Settings {
    settings.without("RATE_LIMIT").without("UNAUTHENTICATED_RATE_LIMIT")
}

/// The default of `RATE_LIMIT`.
pub(super) const RATE_LIMIT: u32 = 100;

/// The victim of most attacks. Limits count by address, so it has another than the attacker.
pub(super) fn victim(context: &Context, service: &Service) -> Victim {
    Victim {
        address: service.address,
        from: [127, 0, 0, 2].into(),
        token: context.token(VICTIM),
        steps: ORDINARY.into(),
        reconnects: false,
    }
}

/// An attack that goes on, and what the victim has seen of it.
pub(super) struct Siege {
    pub(super) measured: Measured,
    attacked: Attacked,
    attacker: Playing<Got>,
}

impl Siege {
    /// Lets the victim work alone, and then for `span` beside the attacker, who goes on.
    pub(super) async fn lay(
        context: &Context,
        service: &Service,
        victim: Victim,
        kind: Kind,
        span: Duration,
    ) -> anyhow::Result<Self> {
        let victim = Part::Victim(victim);
        let quiet = if context.long { Duration::from_secs(10) } else { Duration::from_secs(3) };
        let alone = watch(&victim, quiet).await?;
        ensure!(alone.failures.is_empty() && alone.requests > 0, "the victim fails alone: {:?}", alone.failures);
        let before = memory(service.id(), "VmHWM")?;
        let attacker = Playing::start(&Part::Attacker(Attack { address: service.address, kind }))?;
        let beside = watch(&victim, span).await?;
        let figures = Attacked {
            alone: alone.p99,
            beside: beside.p99,
            memory: memory(service.id(), "VmHWM")?,
            allowed: before + SLACK,
            allowed_for: format!("{} before, {} for the allocator", megabytes(before), megabytes(SLACK)),
            ..Attacked::default()
        };
        let failures = beside.failures.into_iter().collect();
        let mut measured =
            Measured { rounds: 1, requests: beside.requests, failures, longest: beside.longest, ..Measured::default() };
        let due = u64::from(PER_SECOND) * span.as_secs();
        measured.must(beside.requests * 2 >= due, "the victim sends at least half of its requests", &beside.requests);
        Ok(Self { measured, attacked: figures, attacker })
    }

    /// Lets the service have so many bytes more, for this reason.
    pub(super) fn allow(&mut self, bytes: u64, reason: &str) {
        self.attacked.allowed += bytes;
        self.attacked.allowed_for.extend([", ", &megabytes(bytes), " for ", reason]);
    }

    /// Adds a figure to what the attacker got.
    pub(super) fn note(&mut self, figure: &str) {
        self.attacked.got.extend([", ", figure]);
    }

    /// Ends the attack. Returns the figures, and what the attacker got.
    pub(super) async fn lift(self) -> anyhow::Result<(Measured, Got)> {
        let Self { mut measured, attacked, attacker } = self;
        let got = attacker.end().await?;
        measured.attacked = Some(Attacked { got: format!("{got}{}", attacked.got), ..attacked });
        measured.must(got.total() > 0, "the attack takes place", &got);
        Ok((measured, got))
    }
}

async fn watch(victim: &Part, span: Duration) -> anyhow::Result<Seen> {
    let victim = Playing::start(victim)?;
    sleep(span).await;
    victim.end().await
}

/// How long the victim works beside the attacker: at least `seconds`, and longer in a long run.
pub(super) fn span(context: &Context, seconds: u64) -> Duration {
    Duration::from_secs(if context.long { seconds.max(30) } else { seconds })
}

/// Creates a task of this user through the service, and returns its id. A service that has just started may still be opening
/// connections, so this is repeated for a while, as clients do.
pub(super) async fn create(
    context: &Context,
    service: &Service,
    user: &str,
    description: &str,
) -> anyhow::Result<String> {
    let task = json!({ "title": PRIVATE, "description": description });
    let (mut client, begin) = (Client::new(service.address, &context.token(user)), Instant::now());
    loop {
        let headers = [("Idempotency-Key", "\"the-first-task\"")];
        let created = client.send("POST", "/api/tasks", &headers, Some(&task)).await;
        match created.and_then(|created| created.with_status(201)) {
            Ok(created) => return Ok(created.json()["data"]["id"].as_str().unwrap_or_default().to_owned()),
            Err(failure) => ensure!(begin.elapsed() < START, "{user} cannot create a task: {failure}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Gives this user `count` tasks with a description of 10,000 characters. All but the first are written into the table, since
/// the limit of requests holds here too.
pub(super) async fn fill(
    context: &Context,
    service: &Service,
    database: &Database,
    user: &str,
    count: u32,
) -> anyhow::Result<()> {
    /// The first digits of a UUID of version 7.
    const ID: &str = "019ab6c200007000";
    create(context, service, user, &format!("{PRIVATE:x<10000}")).await?;
    let (id, series) = match database {
        Database::Postgres(_) => {
            (format!("('{ID}8000' || lpad(to_hex(n), 12, '0'))::uuid"), "SELECT generate_series(2, $) AS n")
        }
        Database::Sqlite(_) => (
            format!("unhex('{ID}8000' || printf('%012x', n))"),
            "SELECT 2 AS n UNION ALL SELECT n + 1 FROM series WHERE n < $",
        ),
    };
    let series = series.replace('$', &count.to_string());
    let rest = "title, description, completed, created_at, updated_at, version";
    database
        .execute(&format!(
            "WITH RECURSIVE series AS ({series}) INSERT INTO tasks (user_id, id, {rest}) \
             SELECT user_id, {id}, {rest} FROM tasks, series WHERE user_id = '{user}'"
        ))
        .await
}
