//! Nobody reads the log.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use lab_common::free_port;
use tokio::time::sleep;

use crate::{
    Fault, SQLITE,
    context::Context,
    database::Store,
    http::Client,
    load::{Load, Plan},
    process::Process,
    promises::{Measured, UNNOTICED},
};

pub(super) fn faults() -> Vec<Fault> {
    vec![Fault {
        name: "log-blocked",
        story: "the log is a pipe that is full and that nobody reads",
        on: SQLITE,
        promises: UNNOTICED,
        check: |context, store| Box::pin(blocked(context, store)),
    }]
}

async fn blocked(context: &Context, store: Store) -> anyhow::Result<Measured> {
    let database = context.database(store).await?;
    let port = free_port()?;
    // Enough requests to fill a pipe quickly.
    let settings = database.settings().with("PORT", &port).with("RUST_LOG", "trace");
    let mut command = context.command(&settings, &[])?;
    let mut process = Process::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
    let address = ([127, 0, 0, 1], port).into();
    let begin = Instant::now();
    while Client::new(address, "").get("/health/live").await.is_err() {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(20), "the service does not listen");
        sleep(Duration::from_millis(20)).await;
    }
    let load = Load::start(context, address, "blocked", &Plan::default());
    sleep(Duration::from_secs(3)).await;
    let mut measured = load.stop().await?.finish(None, context, address).await?;
    process.signal(rustix::process::Signal::TERM)?;
    let status = process.ended(Duration::from_secs(20)).await?;
    measured.must(status.success(), "the service still exits with 0", &status);
    Ok(measured)
}
