//! The parts in an attack: victim and attacker are processes of their own, so that neither slows the other down. This program
//! starts itself again for each. The first line of its input is the part, as JSON; at the end of its input it prints what it has
//! seen, as JSON, and exits.

mod attacker;
mod victim;

use std::{
    io::{Read, Write, stdin},
    marker::PhantomData,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{sync::oneshot, task::spawn_blocking, time::timeout};

use crate::process::Process;
pub(crate) use attacker::{Attack, Got, Kind, LARGE_PAGES_AT_ONCE, NO_SESSION};
pub(crate) use victim::{PER_SECOND, Seen, Step, Victim};

/// How long a part may take to end. A request of the victim that gets no response takes this long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a process is told to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Part {
    Victim(Victim),
    Attacker(Attack),
}

/// Plays the part that the input names.
pub(crate) async fn play() -> anyhow::Result<()> {
    let mut part = String::new();
    stdin().read_line(&mut part)?;
    let part = serde_json::from_str(&part).context("no part")?;
    let (ending, ended) = oneshot::channel();
    thread::spawn(move || {
        // It ends with the process that started this one, too.
        stdin().read_to_end(&mut Vec::new()).ok();
        ending.send(()).ok();
    });
    let seen = match part {
        Part::Victim(victim) => serde_json::to_string(&victim.until(ended).await?),
        Part::Attacker(attack) => serde_json::to_string(&attack.until(ended).await?),
    };
    println!("{}", seen?);
    Ok(())
}

/// A process that plays a part and will have seen a `T`. It is killed when this is dropped.
pub(crate) struct Playing<T> {
    _process: Process,
    input: ChildStdin,
    output: ChildStdout,
    seen: PhantomData<T>,
}

impl<T: DeserializeOwned> Playing<T> {
    pub(crate) fn start(part: &Part) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = Process::spawn(command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let (mut input, output) = process.pipes().context("no pipes")?;
        writeln!(input, "{}", serde_json::to_string(part)?)?;
        Ok(Self { _process: process, input, output, seen: PhantomData })
    }

    /// Ends the part, and returns what it has seen.
    pub(crate) async fn end(self) -> anyhow::Result<T> {
        drop(self.input);
        let mut output = self.output;
        let reading = spawn_blocking(move || {
            let mut seen = String::new();
            output.read_to_string(&mut seen).map(|_| seen)
        });
        let seen = timeout(TIMEOUT, reading).await.context("a part does not end")???;
        serde_json::from_str(&seen).context("a part has ended without a result")
    }
}

/// The hidden command that plays a part.
pub(crate) const COMMAND: &str = "part";
