//! Processes: signals, exit status and children.

use std::{
    fs,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::time::sleep;

/// The interval at which conditions are polled.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// A process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_owned();
        Ok(Self(command.spawn().with_context(|| format!("{} does not run", name.display()))?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its standard input and output, once, if both are pipes.
    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.0.stdin.take().zip(self.0.stdout.take())
    }

    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process(pid(self.id())?, signal)?)
    }

    /// Its exit status, or `None` while it runs.
    pub(crate) fn status(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Waits until it has exited, at most this long.
    pub(crate) async fn ended(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            if begin.elapsed() > limit {
                bail!("it does not exit within {} s", limit.as_secs());
            }
            sleep(TICK).await;
        }
    }

    /// Kills it with SIGKILL and waits for it.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill().ok();
    }
}

pub(crate) fn pid(id: u32) -> anyhow::Result<Pid> {
    Pid::from_raw(id.try_into()?).context("0 is no process id")
}

/// The ids of the processes whose parent is this one.
pub(crate) fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have exited in the meantime.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if parent_in(&stat) == Some(parent) {
            children.push(id);
        }
    }
    Ok(children)
}

/// The parent in `/proc/PID/stat`: the second field after the name in brackets, which may contain any character.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Whether there is such a process. A zombie counts as exited.
pub(crate) fn is_there(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| !fields.trim_start().starts_with(['Z', 'X']))
}

/// A figure of memory in `/proc/PID/status`, in bytes: `VmHWM` is the most that the process has had in memory at any time.
pub(crate) fn memory(id: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    memory_in(&status, name).with_context(|| format!("process {id} has no {name}"))
}

fn memory_in(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Does this while the soft limit of open files is `files`. A process that is started inherits it.
pub(crate) fn with_few_files<T>(files: u64, start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(files), ..limit })?;
    let started = start();
    setrlimit(Resource::Nofile, limit)?;
    started
}

/// Raises the limit of open files, for this process and its children, to the maximum.
pub(crate) fn allow_many_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}

/// Runs a command. If it does not succeed, the error has its standard error.
pub(crate) fn succeed(mut command: Command) -> anyhow::Result<()> {
    let name = command.get_program().to_owned();
    let output = command.output().with_context(|| format!("{} does not run", name.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed: {}", name.display(), said.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_whatever_their_name() {
        assert_eq!(parent_in("77 (a) b) R) S 12 77 77 0"), Some(12));

        let child = Process::spawn(Command::new("sleep").arg("60")).unwrap();

        assert!(children(std::process::id()).unwrap().contains(&child.id()));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "VmPeak:\t  900 kB\nVmHWM:\t  123 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(memory_in(status, "VmHWM"), Some(123 * 1024));
        assert_eq!(memory_in(status, "Vm"), None);
        assert_eq!(memory_in("State:\tZ (zombie)\n", "VmHWM"), None);
    }

    #[test]
    fn killed_process_is_not_there() {
        let mut child = Process::spawn(Command::new("sleep").arg("60")).unwrap();
        assert!(is_there(child.id()));
        child.kill().unwrap();
        assert!(!is_there(child.id()));
    }
}
