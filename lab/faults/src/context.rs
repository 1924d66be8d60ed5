//! The common context of all checks: the binary, a directory for their files, tokens, and the texts that must not appear in a
//! log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    database::{Database, Store},
    process::Process,
    settings::Settings,
    tokens,
};

/// Part of every title and description that is sent, so that a log can be searched for them.
pub(crate) const PRIVATE: &str = "a-private-matter";

/// The secret that tokens are signed with.
pub(crate) const SECRET: &str = "the fault suite's secret: 32 bytes or more";

/// The database's password.
pub(crate) const PASSWORD: &str = "the-fault-suite-s-password";

/// The time limit of a command of the service, such as a start that must fail.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Context {
    pub(crate) binary: PathBuf,
    /// Whether to run many rounds, as before a release, or few, as in CI.
    pub(crate) long: bool,
    /// Settings of the service and of Postgres from the command line. They override those of a check.
    pub(crate) set: Vec<(String, String)>,
    pub(crate) set_postgres: Vec<(String, String)>,
    directory: TempDir,
    names: AtomicUsize,
    tokens: Mutex<BTreeMap<String, String>>,
    secrets: Mutex<BTreeSet<String>>,
    /// A Postgres data directory to copy. It is created on first use.
    pub(crate) template: OnceCell<PathBuf>,
}

impl Context {
    pub(crate) fn new(binary: &Path, long: bool) -> anyhow::Result<Self> {
        let binary = binary.canonicalize().with_context(|| format!("no binary at {}", binary.display()))?;
        let directory = tempfile::Builder::new().prefix("tasks-api-faults-").tempdir()?;
        // Postgres does not run as root, and must be able to enter its own directory within this one.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711))?;
        fs::create_dir(directory.path().join("logs"))?;
        let secrets = [PRIVATE, SECRET, PASSWORD].map(str::to_owned).into();
        Ok(Self {
            binary,
            long,
            set: Vec::new(),
            set_postgres: Vec::new(),
            directory,
            names: AtomicUsize::new(0),
            tokens: Mutex::default(),
            secrets: Mutex::new(secrets),
            template: OnceCell::new(),
        })
    }

    /// `long` rounds in a long run, else `short`.
    pub(crate) fn rounds(&self, short: u32, long: u32) -> u32 {
        if self.long { long } else { short }
    }

    /// Creates a directory with this name and a unique number.
    pub(crate) fn directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let directory = self.directory.path().join(format!("{number}-{name}"));
        fs::create_dir(&directory)?;
        Ok(directory)
    }

    /// Removes the directories of finished checks, which would add up to a gigabyte. A directory that cannot be removed yet is
    /// retried the next time.
    pub(crate) fn tidy_up(&self) -> anyhow::Result<()> {
        let logs = self.logs();
        for entry in fs::read_dir(self.directory.path())? {
            let directory = entry?.path();
            let has_template = self.template.get().is_some_and(|template| template.starts_with(&directory));
            if directory != logs && !has_template {
                fs::remove_dir_all(directory).ok();
            }
        }
        Ok(())
    }

    /// The path of a new log file. Log files are searched for secrets at the end.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        self.logs().join(format!("{number}-{name}.log"))
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.directory.path().join("logs")
    }

    /// Keeps all files, and returns their directory.
    pub(crate) fn keep(self) -> PathBuf {
        self.directory.keep()
    }

    /// An empty database.
    pub(crate) async fn database(&self, store: Store) -> anyhow::Result<Database> {
        Database::make(self, store).await
    }

    /// A command of the service with its own working directory and without this process's environment.
    pub(crate) fn command(&self, settings: &Settings, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env_clear().envs(settings.pairs()).current_dir(self.directory("work")?);
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// Runs a command of the service to its end. Its output counts as a log.
    pub(crate) async fn run(&self, settings: &Settings, arguments: &[&str]) -> anyhow::Result<Output> {
        let (out, err) = (self.log("command"), self.log("command"));
        let mut command = self.command(settings, arguments)?;
        let mut process = Process::spawn(command.stdout(File::create(&out)?).stderr(File::create(&err)?))?;
        let status = process.ended(TIMEOUT).await.with_context(|| format!("tasks-api {arguments:?}"))?;
        Ok(Output { status, stdout: fs::read(out)?, stderr: fs::read(err)? })
    }

    /// A valid token of this user.
    pub(crate) fn token(&self, user: &str) -> String {
        let mut tokens = lock(&self.tokens);
        tokens.entry(user.to_owned()).or_insert_with(|| self.remember(tokens::of(user, SECRET))).clone()
    }

    /// Adds a token to the texts that must not be logged, and returns it.
    pub(crate) fn remember(&self, token: String) -> String {
        // Tokens may have everything but the signature in common.
        self.must_not_be_logged(token.rsplit('.').next().unwrap_or_default());
        token
    }

    /// Adds a text to those that must not be logged.
    pub(crate) fn must_not_be_logged(&self, text: &str) {
        lock(&self.secrets).insert(text.to_owned());
    }

    /// The texts that must not be logged.
    pub(crate) fn secrets(&self) -> Vec<String> {
        lock(&self.secrets).iter().cloned().collect()
    }
}

/// A panic cannot leave these values inconsistent, so a poisoned lock is no error.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_up_keeps_logs_and_the_template() {
        let context = Context::new(Path::new("/bin/sh"), false).unwrap();
        let (database, template) = (context.directory("sqlite").unwrap(), context.directory("template").unwrap());
        context.template.set(template.join("data")).unwrap();
        fs::create_dir(template.join("data")).unwrap();
        fs::write(database.join("tasks.db"), "").unwrap();
        let log = context.log("service");
        fs::write(&log, "").unwrap();

        context.tidy_up().unwrap();

        assert!(!database.exists());
        assert!(template.join("data").exists());
        assert!(log.exists());
    }

    #[test]
    fn tidy_up_removes_an_unfinished_template() {
        let context = Context::new(Path::new("/bin/sh"), false).unwrap();
        let template = context.directory("template").unwrap();

        context.tidy_up().unwrap();

        assert!(!template.exists());
    }

    #[test]
    fn tidy_up_continues_after_an_error() {
        let context = Context::new(Path::new("/bin/sh"), false).unwrap();
        // A file, which cannot be removed as a directory.
        let stuck = context.directory.path().join("0-stuck");
        fs::write(&stuck, "").unwrap();
        let others: Vec<PathBuf> = (0..9).map(|_| context.directory("sqlite").unwrap()).collect();

        context.tidy_up().unwrap();

        assert!(stuck.exists());
        assert!(others.iter().all(|directory| !directory.exists()));
    }
}
