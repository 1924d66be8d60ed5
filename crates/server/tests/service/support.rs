//! Starts the binary and sends requests to it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use infra::testing::TestDatabase;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

pub const SECRET: &str = "a secret of the tests, 32 bytes or more";

/// Starting takes milliseconds; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with these settings, in this directory, without the environment of the tests.
pub fn program(directory: &TempDir, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasks-api"));
    command.env_clear().current_dir(directory.path()).env("PORT", "0").envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn send_signal(process: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap().success());
}

/// The behaviour of the log's reader.
#[derive(Clone, Copy)]
enum Reading {
    On,
    Stopped,
    Gone,
}

/// A running service.
pub struct Service {
    child: Child,
    pub address: String,
    log: Arc<Mutex<Vec<String>>>,
    reading: Arc<Mutex<Reading>>,
    client: Client,
    // Dropped last, because it is the working directory of the service.
    _directory: TempDir,
}

impl Service {
    /// A service in production on this database, without rate limits. Alice and Bob are users.
    pub fn on(database: &TestDatabase) -> Self {
        Self::with(database, &[])
    }

    /// The same, with further settings.
    pub fn with(database: &TestDatabase, settings: &[(&str, &str)]) -> Self {
        let own = [
            ("DATABASE_URL", database.url()),
            ("ENVIRONMENT", "production"),
            ("BETTER_AUTH_SECRET", SECRET),
            ("RATE_LIMIT", "off"),
            ("UNAUTHENTICATED_RATE_LIMIT", "off"),
        ];
        Self::start(&[own.as_slice(), settings].concat())
    }

    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), settings)
    }

    pub fn start_in(directory: TempDir, settings: &[(&str, &str)]) -> Self {
        let mut child = program(&directory, settings).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (kept, reading) = (log.clone(), Arc::new(Mutex::new(Reading::On)));
        let mood = reading.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                match *mood.lock().unwrap() {
                    Reading::On => {}
                    Reading::Stopped => thread::sleep(PATIENCE),
                    Reading::Gone => return,
                }
                if line.contains("listening")
                    && let Some(at) = ["127.0.0.1:", "[::]:"].iter().find_map(|host| line.find(host))
                {
                    let address = line[at..].split(['"', ' ']).next().unwrap_or_default();
                    let _ = found.send(address.replace("[::]", "127.0.0.1"));
                }
                kept.lock().unwrap().push(line);
            }
        });
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("the service does not listen: {:?}", log.lock().unwrap());
        };
        Self { child, address, log, reading, client: Client::new(), _directory: directory }
    }

    /// A request with a token of this user.
    pub fn request(&self, user: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(token(user))
    }

    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// The reader of the log stops reading, or closes the pipe.
    pub fn stop_reading_the_log(&self, goes_away: bool) {
        *self.reading.lock().unwrap() = if goes_away { Reading::Gone } else { Reading::Stopped };
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for a line of the log that satisfies a condition.
    pub fn wait_for_log(&self, satisfies: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            if let Some(line) = self.log().into_iter().find(|line| satisfies(line)) {
                return line;
            }
            assert!(begin.elapsed() < PATIENCE, "not in the log: {:?}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn send_signal(&self, signal: &str) {
        send_signal(&self.child, signal);
    }

    pub fn wait(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "the service does not stop: {:?}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops gracefully.
    pub fn stop(mut self) {
        self.send_signal("-TERM");
        assert!(self.wait().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of this user, signed by the command line.
pub fn token(user: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output =
        program(&directory, &[("BETTER_AUTH_SECRET", SECRET)]).args(["token", "--user", user]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Status and body of a response; a body that is not JSON is `null`.
pub async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// Turns each `async fn(&TestDatabase)` into one test per database.
#[macro_export]
macro_rules! on_both_databases {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(&infra::testing::TestDatabase::sqlite().await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $case() {
                    if let Some(database) = infra::testing::TestDatabase::postgres().await {
                        super::$case(&database).await;
                    }
                }
            )*
        }
    };
}
