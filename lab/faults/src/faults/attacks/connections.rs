//! Attacks with connections.

use std::time::{Duration, Instant};

use super::siege::{CONNECTION, MIB, ORDINARY, RATE_LIMIT, Siege, VICTIM, fill, span, victim, with_limits};
use crate::{
    context::Context,
    database::Store,
    parts::{Kind, Step, Victim},
    process::with_few_files,
    promises::{GRACE, Measured},
    service::Service,
};

/// The soft limit of open files in many containers and shells.
const FEW_FILES: u64 = 1024;

pub(super) async fn unread_answers(context: &Context, store: Store) -> anyhow::Result<Measured> {
    const SEND_TIMEOUT: Duration = Duration::from_secs(3);
    const STOP: Duration = Duration::from_secs(10);
    /// Of the largest file, in bytes.
    const FILE: u64 = 2 * MIB;
    /// Of a list of 100 tasks with 10,000 characters, in bytes.
    const LIST: u64 = MIB;
    let (files, lists) = (context.rounds(1000, 3000), context.rounds(60, 120));
    let database = context.database(store).await?;
    let settings = with_limits(database.settings())
        .with("SEND_TIMEOUT", &format!("{}s", SEND_TIMEOUT.as_secs()))
        .with("SHUTDOWN_TIMEOUT", &format!("{}s", STOP.as_secs()))
        .with("SHUTDOWN_DELAY", "100ms");
    let mut service = Service::start(context, &settings).await?;
    fill(context, &service, &database, "attacker", 100).await?;
    let unread = SEND_TIMEOUT + Duration::from_secs(1);
    let attack = Kind::UnreadAnswers { files, lists, token: context.token("attacker"), unread };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 11)).await?;
    // While more of them hang.
    service.terminate()?;
    let begin = Instant::now();
    let stopped = service.ended().await;
    let took = begin.elapsed();
    let statement = "a stop beside unread responses succeeds within SHUTDOWN_TIMEOUT";
    let is_graceful = stopped.as_ref().is_ok_and(std::process::ExitStatus::success) && took < STOP + 2 * GRACE;
    siege.measured.must(is_graceful, statement, &(stopped, took));
    siege.allow(FILE, "the file, once");
    siege.allow(u64::from(lists) * LIST, "the lists");
    siege.allow(u64::from(files + lists) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    for what in ["file", "list"] {
        let (cut, whole) = (got.count(&format!("{what} cut")), got.count(&format!("{what} sent whole")));
        measured.must(cut > 0 && whole == 0, "a response that is not read within SEND_TIMEOUT is cut", &(what, &got));
    }
    Ok(measured)
}

pub(super) async fn slow_bodies(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// The default of `BODY_TIMEOUT` in seconds, and the largest body in bytes.
    const BODY_TIMEOUT: u32 = 5;
    const BODY: u64 = 64 << 10;
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings())).await?;
    let tokens: Vec<String> = ["slow-1", "slow-2"].map(|user| context.token(user)).into();
    let open = tokens.len() as u64 * u64::from(RATE_LIMIT * BODY_TIMEOUT);
    let attack = Kind::SlowBodies { tokens, per_second: RATE_LIMIT };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 6)).await?;
    siege.allow(open * (CONNECTION + BODY), "RATE_LIMIT for BODY_TIMEOUT of two users: connections and bodies");
    let (mut measured, got) = siege.lift().await?;
    let begun = got.count("bodies begun");
    measured.must(begun > open / 2, "the attacker begins enough bodies to fill MAX_IN_FLIGHT", &got);
    Ok(measured)
}

pub(super) async fn half_heads(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// The time limit of a head, and a second.
    const HEAD: u64 = 5 + 1;
    let connections = context.rounds(1000, 3000);
    let database = context.database(store).await?;
    let service = Service::start(context, &with_limits(database.settings())).await?;
    let attack = Kind::HalfHeads { connections };
    let mut siege = Siege::lay(context, &service, victim(context, &service), attack, span(context, 9)).await?;
    siege.allow(u64::from(connections) * CONNECTION, "connections");
    let (mut measured, got) = siege.lift().await?;
    let longest = got.most.get("longest open, ms").copied();
    let in_time = got.count("not closed") == 0 && longest.is_some_and(|longest| longest <= HEAD * 1000);
    measured.must(in_time, "half a head after a whole request ends within 6 s", &got);
    let most = got.count("half heads") >= u64::from(connections) / 2;
    measured.must(most, "at least half of the connections get as far as half a head", &got);
    Ok(measured)
}

pub(super) async fn idle(context: &Context, store: Store) -> anyhow::Result<Measured> {
    /// `MAX_CONNECTIONS_PER_ADDRESS`.
    const PER_ADDRESS: u64 = 1000;
    const IDLE: u32 = 2500;
    let database = context.database(store).await?;
    let settings = with_limits(database.settings()).with("MAX_CONNECTIONS_PER_ADDRESS", &PER_ADDRESS);
    let starting = with_few_files(FEW_FILES, || Service::spawn(context, &settings))?;
    let service = starting.listening().await?;
    let mut steps = ORDINARY.to_vec();
    steps.push(Step::Ready);
    let victim = Victim { steps, reconnects: true, token: context.token(VICTIM), ..victim(context, &service) };
    let attack = Kind::IdleConnections { connections: IDLE };
    let mut siege = Siege::lay(context, &service, victim, attack, span(context, 7)).await?;
    siege.allow(PER_ADDRESS * CONNECTION, "MAX_CONNECTIONS_PER_ADDRESS");
    let (mut measured, got) = siege.lift().await?;
    let (kept, away) = (got.count("kept"), got.count("turned away"));
    let is_limited = kept <= PER_ADDRESS && away >= PER_ADDRESS / 2;
    measured.must(is_limited, "an address has at most MAX_CONNECTIONS_PER_ADDRESS, and others end at once", &got);
    measured.must(kept > PER_ADDRESS / 2, "the attacker has many connections", &got);
    Ok(measured)
}
