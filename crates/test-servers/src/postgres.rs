//! A database on a Postgres server, for one test.

use std::{
    borrow::Cow,
    env,
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
    thread,
    time::Duration,
};

use tokio::{runtime, sync::OnceCell, time::sleep};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, error::SqlState};
use url::Url;

use crate::{left_out, local_server};

/// An empty database that no other test uses. It is dropped with this value.
#[derive(Debug)]
pub struct PostgresDatabase {
    server: &'static Url,
    name: String,
}

impl PostgresDatabase {
    /// Creates a database, or returns `None` if there is no Postgres server.
    ///
    /// # Panics
    ///
    /// If there is a server but the database cannot be created, or if a required server is missing.
    pub async fn create() -> Option<Self> {
        let server = server()?;
        let admin = connect(&config(server)).await;
        sweep(&admin).await;
        // The name contains the server's time, which decides when the database may be dropped as a leftover.
        let [now] = texts(&admin, "SELECT extract(epoch FROM now())::bigint").await.try_into().expect("one time");
        let name = format!("tasks_test_{now}_{:016x}", RandomState::new().build_hasher().finish());
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        Some(Self { server, name })
    }

    /// The URL of this database. If the server listens only on a socket, the parameter `host` names its directory.
    #[must_use]
    pub fn url(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url
    }

    /// The same for `tokio_postgres`.
    ///
    /// # Panics
    ///
    /// If `TEST_DATABASE_URL` has a parameter that `tokio_postgres` does not support.
    #[must_use]
    pub fn config(&self) -> Config {
        config(&self.url())
    }

    /// A connection to this database.
    ///
    /// # Panics
    ///
    /// If the connection cannot be opened.
    pub async fn connect(&self) -> Client {
        connect(&self.config()).await
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let server = config(self.server);
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let done = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { run(&connect(&server).await, &drop).await });
        });
        // The panic has already been printed, and a later run drops the database.
        done.join().ok();
    }
}

/// The URL of a database on the server that tests use, if there is one.
fn server() -> Option<&'static Url> {
    static SERVER: OnceLock<Option<Url>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            match env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty()) {
                Some(url) => Some(url),
                None => local_server::start().map_err(|reason| left_out::POSTGRES.leave_out(&reason)).ok(),
            }
            .map(|url| Url::parse(&url).expect("the URL of a server"))
        })
        .as_ref()
}

/// Parses a URL. Unlike libpq and sqlx, `tokio_postgres` treats a `host` parameter as a second host.
pub(crate) fn config(url: &Url) -> Config {
    let mut url = url.clone();
    let is_host = |(name, _): &(Cow<'_, str>, Cow<'_, str>)| name == "host";
    let host = url.query_pairs().find(is_host).map(|(_, host)| host.into_owned());
    if let Some(host) = host {
        let others = url
            .query_pairs()
            .filter(|pair| !is_host(pair))
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        let others: Vec<(String, String)> = others.collect();
        url.query_pairs_mut().clear().extend_pairs(others);
        let host = host.replace('%', "%25").replace('/', "%2F");
        url.set_host(Some(&host)).expect("a host");
    }
    url.as_str().parse().expect("the URL of a server")
}

/// Waits for a server that is just starting.
async fn connect(config: &Config) -> Client {
    for _ in 0..1000 {
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) if error.code() == Some(&SqlState::CANNOT_CONNECT_NOW) => sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the server is still starting after 10 s");
}

/// Drops databases that killed runs have left: those older than an hour without connections.
async fn sweep(admin: &Client) {
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    const LEFT: &str = "SELECT datname FROM pg_database \
        WHERE datname ~ '^tasks_test_[0-9]+_[0-9a-f]{16}$' \
        AND split_part(datname, '_', 3)::bigint < extract(epoch FROM now()) - 3600 \
        AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)";
    SWEPT
        .get_or_init(|| async {
            for name in texts(admin, LEFT).await {
                run(admin, &format!("DROP DATABASE IF EXISTS {name}")).await;
            }
        })
        .await;
}

async fn run(client: &Client, sql: &str) {
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The first column of each row.
async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.iter().filter_map(text).collect()
}
