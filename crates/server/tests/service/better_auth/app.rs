//! Starting Better Auth and talking to it.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use infra::testing::{Optional, TestDatabase};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::support::SECRET;

const TESTS: Optional = Optional {
    name: "Better Auth",
    remedy: "have Node 20 or later and run `just better-auth`, which is `npm ci` in tests/better-auth",
    required_by: "REQUIRE_BETTER_AUTH",
};

/// Starting takes a second; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running Better Auth.
pub struct BetterAuth {
    child: Child,
    /// The address on which it listens.
    pub url: String,
    /// Its public URL: the issuer and the audience of its tokens, and the origin of its pages.
    pub origin: String,
    client: Client,
}

/// An empty database, or `None` if Postgres or Better Auth cannot run.
pub async fn empty_database() -> Option<TestDatabase> {
    match home() {
        Ok(_) => TestDatabase::empty_postgres().await,
        Err(reason) => {
            TESTS.leave_out(reason);
            None
        }
    }
}

/// The directory of the app, if the app can run.
fn home() -> Result<PathBuf, &'static str> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/better-auth");
    let version = Command::new("node").arg("--version").output();
    let version = version.map_err(|_not_found| "there is no node on this machine")?;
    let major = String::from_utf8_lossy(&version.stdout).trim_start_matches('v').split('.').next().map(str::parse);
    match major {
        Some(Ok(20_u32..)) if home.join("node_modules").is_dir() => Ok(home),
        Some(Ok(20_u32..)) => Err("tests/better-auth has no node_modules"),
        _ => Err("the node of this machine is older than 20"),
    }
}

impl BetterAuth {
    /// Better Auth on this database, with its default options.
    pub fn on(database: &TestDatabase) -> Self {
        Self::start(database, &Value::Null)
    }

    /// Better Auth with variables of its README, objects as JSON.
    pub fn start(database: &TestDatabase, variables: &Value) -> Self {
        Self::try_start(database, variables).unwrap_or_else(|printed| panic!("Better Auth does not start: {printed}"))
    }

    /// The same, or what it prints if it does not start.
    pub fn try_start(database: &TestDatabase, variables: &Value) -> Result<Self, String> {
        let mut command = Command::new("node");
        command.arg("app.mjs").current_dir(home().unwrap()).env_clear().env("PATH", env::var_os("PATH").unwrap());
        command.envs([("DATABASE_URL", database.url()), ("BETTER_AUTH_SECRET", SECRET)]);
        for (name, value) in variables.as_object().into_iter().flatten() {
            command.env(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

        let printed = Arc::new(Mutex::new(Vec::new()));
        let (found, ready) = mpsc::channel();
        let errors = keep_lines(child.stderr.take().unwrap(), printed.clone(), |_| {});
        keep_lines(child.stdout.take().unwrap(), printed.clone(), move |line| {
            if let Some(url) = line.strip_prefix("ready on ") {
                let _ = found.send(url.to_owned());
            }
        });
        let Ok(url) = ready.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let _ = child.wait();
            errors.join().unwrap();
            return Err(printed.lock().unwrap().join("\n"));
        };
        let origin = variables["BETTER_AUTH_URL"].as_str().unwrap_or(&url).to_owned();
        Ok(Self { child, url, origin, client: Client::new() })
    }

    /// A request as a page of the app sends it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).header("origin", &self.origin)
    }

    /// The address of the key set.
    pub fn key_set(&self) -> String {
        format!("{}/api/auth/jwks", self.url)
    }

    /// Kills it, like a power failure.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for BetterAuth {
    /// Closes its standard input, which makes it exit, and waits until its port is free.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        for _ in 0..1000 {
            if let Ok(Some(_status)) = self.child.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port, for an app that starts later.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn keep_lines(
    output: impl Read + Send + 'static,
    kept: Arc<Mutex<Vec<String>>>,
    see: impl Fn(&str) + Send + 'static,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            see(&line);
            kept.lock().unwrap().push(line);
        }
    })
}
