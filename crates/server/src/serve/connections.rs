//! How many connections of clients there may be, by the settings and by the limit of open files.

use anyhow::bail;
use http::{ConnectionLimits, Connections};

use crate::config::Config;

/// The maximum number of connections if no setting says otherwise.
const DEFAULT: u64 = 8192;

/// How many files the process needs besides connections: those of the database, the log, the key set and the metrics.
const OTHER_FILES: u64 = 128;

/// The limits of connections. Raises the limit of open files as far as necessary and possible.
///
/// # Errors
///
/// If the limit of open files is too low for the settings. The error is one line that names the setting and the remedy.
pub(super) fn limits(config: &Config) -> anyhow::Result<Connections> {
    let reserved = OTHER_FILES + u64::from(config.database.max_connections) * 2;
    let wanted = config.connections.max.map_or(DEFAULT, u64::from);
    let files = raise_open_files(wanted + reserved);
    let possible = files.saturating_sub(reserved);
    if possible == 0 || (config.connections.max.is_some() && possible < wanted) {
        bail!(
            "MAX_CONNECTIONS {wanted} needs {} open files, and the process may open {files}: raise that limit (`ulimit -n`, \
             `LimitNOFILE=`) or lower MAX_CONNECTIONS (docs/troubleshooting.md#open-files)",
            wanted + reserved
        );
    }
    if possible < wanted {
        tracing::warn!(
            connections = possible,
            files,
            "the limit of open files allows fewer connections than usual (docs/troubleshooting.md#open-files)"
        );
    }
    let total = usize::try_from(wanted.min(possible))?;
    let settings = &config.connections;
    let per_address = match settings.max_per_address {
        Some(per_address) => usize::try_from(per_address)?,
        None => total.div_ceil(4),
    };
    Ok(Connections::new(ConnectionLimits {
        total,
        per_address,
        proxies: settings.proxies.clone(),
        send_timeout: settings.send_timeout,
        send_timeout_at_stop: settings.send_timeout_at_stop,
    }))
}

/// Raises the limit of open files to `wanted`, or as far as possible. Returns the limit.
#[cfg(unix)]
fn raise_open_files(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current;
    }
    let possible = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(possible), ..limit }) {
        Ok(()) => possible,
        Err(_refused) => current,
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
fn raise_open_files(wanted: u64) -> u64 {
    wanted
}
