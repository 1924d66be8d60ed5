//! Attacks without a valid token.

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::siege::{CONNECTION, Siege, span, victim, with_limits};
use crate::{
    context::Context,
    database::Store,
    faults::key_set,
    parts::{Kind, NO_SESSION, Victim},
    postgres::Postgres,
    promises::Measured,
    proxy::Mode,
    service::Service,
    settings::Settings,
};

/// The default of `UNAUTHENTICATED_RATE_LIMIT`.
const UNAUTHENTICATED_RATE_LIMIT: u64 = 20;

/// How many connections the attacks have that send as fast as they can.
const FEW: u32 = 4;

pub(super) async fn unknown_keys(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// More than the default of `MAX_IN_FLIGHT`.
    const CONNECTIONS: u32 = 600;
    let (keys, network, origin) = key_set::app().await?;
    let database = context.database(store).await?;
    let service = Service::start(context, &key_set::with_keys(with_limits(database.settings()), &origin)).await?;
    let token = context.remember(keys.token("victim", &origin));
    key_set::fetched(service.address, &token).await?;
    network.set(Mode::Blackhole);
    let victim = Victim { token, ..victim(context, &service) };
    let attack = Kind::UnknownKeys { origin, connections: CONNECTIONS };
    let mut siege = Siege::lay(context, &service, victim, attack, span(context, 5)).await?;
    siege.allow(u64::from(CONNECTIONS) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    let unexpected = got.others(&["401", "429", "503"]);
    measured.must(unexpected.is_empty(), "tokens with unknown keys are rejected", &unexpected);
    Ok(measured)
}

pub(super) async fn bad_tokens(context: &Context) -> anyhow::Result<Measured> {
    context.must_not_be_logged(NO_SESSION);
    let server = Postgres::start(context).await?;
    let settings = with_limits(Settings::production(&server.url()));
    // The table of users first, then that of sessions beside it.
    context.run(&settings, &["migrate", "up"]).await?;
    let settings = settings.with("SESSION_TOKENS", "bearer");
    let mut admin = server.admin().await?;
    let table = r#"CREATE TABLE session (token text UNIQUE, "userId" text, "expiresAt" timestamptz)"#;
    sqlx::raw_sql(table).execute(&mut admin).await?;
    sqlx::raw_sql("ALTER TABLE session OWNER TO tasks_app").execute(&mut admin).await?;
    let mut service = Service::start(context, &settings).await?;
    let begin = Instant::now();
    let victim = victim(context, &service);
    let attack = Kind::BadTokens { connections: FEW };
    let mut siege = Siege::lay(context, &service, victim, attack, span(context, 5)).await?;
    let seconds = begin.elapsed().as_secs() + 1;
    siege.allow(u64::from(FEW) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    // Sessions of Postgres report what they have counted when they end.
    service.terminate()?;
    service.ended().await?;
    sleep(Duration::from_millis(200)).await;
    let count = "SELECT coalesce(idx_scan, 0) + seq_scan FROM pg_stat_user_tables WHERE relname = 'session'";
    let looked_up: i64 = sqlx::query_scalar(count).fetch_one(&mut admin).await?;
    // As many at once, as many per second, and those that all connections send at the same time.
    let allowed = UNAUTHENTICATED_RATE_LIMIT * (1 + seconds) + u64::from(FEW);
    let few = u64::try_from(looked_up).is_ok_and(|looked_up| looked_up > 0 && looked_up <= allowed);
    measured.must(few, "an address beyond its limit causes no look-ups", &(looked_up, allowed));
    let enough = got.total() > 2 * allowed && got.others(&["401", "429"]).is_empty();
    measured.must(enough, "many more tokens are rejected", &got);
    Ok(measured)
}

pub(super) async fn log(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// How much the log may grow, in bytes per second. The lines of the victim are among it.
    const GROWTH: u64 = 100_000;
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings())).await?;
    let attack = Kind::Pipelined { connections: FEW };
    let begin = Instant::now();
    let before = fs::metadata(&service.log)?.len();
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 5)).await?;
    let grown = fs::metadata(&service.log)?.len() - before;
    siege.allow(u64::from(FEW) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    let per_second = grown / begin.elapsed().as_secs().max(1);
    measured.must(per_second < GROWTH, "the log grows by less than 100 kB per second", &per_second);
    let enough = got.count("401") + got.count("429") > 10 * UNAUTHENTICATED_RATE_LIMIT;
    measured.must(enough, "many requests are rejected", &got);
    Ok(measured)
}
