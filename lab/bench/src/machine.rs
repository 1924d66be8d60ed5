//! CPU time and memory of processes on Linux, children included.

use std::{collections::HashMap, fs};

use anyhow::Context;

/// The unit of CPU time in `/proc`, a hundredth of a second.
const TICKS_PER_SECOND: f64 = 100.0;

struct Process {
    parent: u32,
    own_ticks: u64,
    /// Of children that have exited.
    children_ticks: u64,
}

/// The CPU time of a process and its children, including those that have exited, in seconds.
pub(crate) fn cpu_seconds(root: u32) -> anyhow::Result<f64> {
    let processes = processes()?;
    let ticks: u64 = tree(root, &processes)
        .iter()
        .filter_map(|pid| processes.get(pid))
        .map(|one| one.own_ticks + one.children_ticks)
        .sum();
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// The CPU time of this process without its children, in seconds.
pub(crate) fn own_cpu_seconds() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    Ok(parse(&stat).context("/proc/self/stat")?.own_ticks as f64 / TICKS_PER_SECOND)
}

/// Resets the peak memory of a process and its children.
pub(crate) fn reset_peak_memory(root: u32) -> anyhow::Result<()> {
    for pid in tree(root, &processes()?) {
        fs::write(format!("/proc/{pid}/clear_refs"), "5").context("/proc/…/clear_refs")?;
    }
    Ok(())
}

/// The peak resident memory since the last reset, in bytes. Shared memory counts for each process.
pub(crate) fn peak_memory(root: u32) -> anyhow::Result<u64> {
    let mut kilobytes = 0;
    for pid in tree(root, &processes()?) {
        let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()).map(str::parse::<u64>);
        kilobytes += number.transpose()?.unwrap_or(0);
    }
    Ok(kilobytes * 1024)
}

/// Whether a process has memory in huge pages (2 MB or more).
pub(crate) fn has_huge_pages(pid: u32) -> anyhow::Result<bool> {
    let name = format!("/proc/{pid}/smaps");
    let regions = fs::read_to_string(&name).context(name)?;
    let sizes = regions.lines().filter_map(|line| line.strip_prefix("KernelPageSize:"));
    Ok(sizes
        .filter_map(|size| size.trim_end_matches("kB").trim().parse::<u64>().ok())
        .any(|kilobytes| kilobytes >= 2048))
}

fn tree(root: u32, processes: &HashMap<u32, Process>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(processes.iter().filter(|(_, process)| process.parent == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}

fn processes() -> anyhow::Result<HashMap<u32, Process>> {
    let mut processes = HashMap::new();
    for entry in fs::read_dir("/proc").context("/proc: the benchmark runs on Linux only")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may exit at any time.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some(process) = parse(&stat) {
            processes.insert(pid, process);
        }
    }
    Ok(processes)
}

/// Parses `/proc/PID/stat`. After the name in brackets, which may contain any character: state, parent, …, and from the
/// twelfth field on the CPU time in user and kernel mode, of the process and of its exited children.
fn parse(stat: &str) -> Option<Process> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: number(11)? + number(12)?,
        children_ticks: number(13)? + number(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_parsed_after_a_name_with_brackets() {
        let stat = "12 (a) b) S 7 1 1 0 -1 4194560 100 0 0 0 10 20 3 4 20 0 1 0 55 1000 10 18446744073709551615";

        let process = parse(stat).unwrap();

        assert_eq!((process.parent, process.own_ticks, process.children_ticks), (7, 30, 7));
    }
}
