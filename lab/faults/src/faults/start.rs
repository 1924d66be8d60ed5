//! Several starts at once, starts after an interrupted migration, and starts that must fail.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    BOTH, Fault,
    context::{Context, PRIVATE},
    database::Store,
    http::Client,
    process::Process,
    promises::{Measured, Promise},
    service::Service,
    settings::Settings,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "replicas-start-at-once",
            story: "four replicas start at once on an empty database, and each tries to migrate it",
            on: BOTH,
            promises: &[Promise::AllStart],
            check: |context, store| Box::pin(four_at_once(context, store)),
        },
        Fault {
            name: "migration-killed",
            story: "`tasks-api migrate up` is killed (SIGKILL) at different times and run again",
            on: BOTH,
            promises: &[Promise::AllStart],
            check: |context, store| Box::pin(migration_killed(context, store)),
        },
        Fault {
            name: "database-newer",
            story: "the database was migrated by a newer version",
            on: BOTH,
            promises: &[],
            check: |context, store| Box::pin(newer(context, store)),
        },
    ]
}

async fn four_at_once(context: &Context, store: Store) -> anyhow::Result<Measured> {
    const REPLICAS: usize = 4;
    let mut measured = Measured::default();
    let server = context.database(store).await?;
    for number in 0..context.rounds(10, 100) {
        let settings = Settings::production(&server.another(context, &format!("round_{number}")).await?);
        let mut starting = JoinSet::new();
        for _ in 0..REPLICAS {
            starting.spawn(Service::spawn(context, &settings)?.listening());
        }
        let mut round = Measured { rounds: 1, ..Measured::default() };
        // Keep all replicas running until the last has started.
        let mut running = Vec::new();
        while let Some(started) = starting.join_next().await {
            match started? {
                Ok(service) => running.push(service),
                Err(error) => round.evidence.push(error.to_string()),
            }
        }
        round.started = Some((running.len() as u64, REPLICAS as u64));
        for service in &running {
            let answer = Client::new(service.address, &context.token("four-replicas")).get("/api/tasks").await;
            let answer = answer.map(|response| response.status);
            round.must(answer == Ok(200), "a replica that has started serves requests", &answer);
        }
        measured.add(round);
    }
    Ok(measured)
}

async fn migration_killed(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let server = context.database(store).await?;
    let mut measured = Measured::default();
    // The duration of a migration that is not interrupted.
    let begin = Instant::now();
    context.run(&Settings::production(&server.url()), &["migrate", "up"]).await?;
    let whole = begin.elapsed();
    let (mut killed, rounds) = (0, context.rounds(10, 100));
    for number in 0..rounds {
        let settings = Settings::production(&server.another(context, &format!("round_{number}")).await?);
        let mut migrating = Process::spawn(context.command(&settings, &["migrate", "up"])?.stdout(Stdio::null()))?;
        sleep(whole * (number + 1) / rounds).await;
        killed += u32::from(migrating.status()?.is_none());
        migrating.kill()?;
        let again = context.run(&settings, &["migrate", "up"]).await?;
        let mut round = Measured { rounds: 1, ..Measured::default() };
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        round.must(again.status.success(), "the next migration completes the interrupted one", &said);
        let service = Service::start(context, &settings.with("MIGRATE_ON_START", "off")).await;
        round.started = Some((u64::from(service.is_ok()), 1));
        match service {
            Ok(service) => {
                let mut client = Client::new(service.address, &context.token("migrated"));
                let task = json!({ "title": PRIVATE });
                let answer = client.send("POST", "/api/tasks", &[], Some(&task)).await.map(|answer| answer.status);
                round.must(answer == Ok(201), "the schema is complete", &answer);
            }
            Err(error) => round.evidence.push(error.to_string()),
        }
        measured.add(round);
    }
    measured.must(killed > rounds / 4, "more than a quarter of the migrations are interrupted", &killed);
    Ok(measured)
}

async fn newer(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    Service::start(context, &database.settings()).await?.kill()?;
    database
        .execute("INSERT INTO tasks_api_migrations (version, applied_at) VALUES ('m20991231_000001_flying', 1)")
        .await?;
    let mut measured = Measured { rounds: 1, ..Measured::default() };
    for migrates in ["on", "off"] {
        let begin = Instant::now();
        let output = context.run(&database.settings().with("MIGRATE_ON_START", migrates), &[]).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_clear = !output.status.success()
            && said.lines().count() == 1
            && said.contains("newer than this program")
            && said.contains("m20991231_000001_flying")
            && begin.elapsed() < Duration::from_secs(5);
        measured.must(is_clear, "the start fails within 5 s, with one line that says why", &said);
    }
    Ok(measured)
}
