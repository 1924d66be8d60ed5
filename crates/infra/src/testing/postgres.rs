//! A database on a Postgres server, for one test.

use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
    thread,
};

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use tokio::{runtime, sync::OnceCell};
use url::Url;

use super::{connect, left_out, local_server};
use crate::Database;

/// Made for one test, dropped after it.
#[derive(Debug)]
pub(super) struct FreshDatabase {
    server: &'static str,
    name: String,
}

impl FreshDatabase {
    pub(super) async fn make() -> Option<Self> {
        let server = server()?;
        let admin = connect(server).await;
        sweep(&admin).await;
        // The server's time tells when this database may be swept.
        let [now] = texts(&admin, "SELECT extract(epoch FROM now())::bigint::text").await.try_into().expect("one time");
        let name = format!("tasks_test_{now}_{:016x}", RandomState::new().build_hasher().finish());
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        admin.close().await;
        Some(Self { server, name })
    }

    pub(super) fn url(&self) -> String {
        let mut url = Url::parse(self.server).expect("the URL of a server");
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let server = self.server;
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let done = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let admin = connect(server).await;
                run(&admin, &drop).await;
                admin.close().await;
            });
        });
        // A panic has been printed already; the next run sweeps the database away.
        done.join().ok();
    }
}

/// The URL of a database on the server that tests use, if there is one.
fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER
        .get_or_init(|| match env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            Some(url) => Some(url),
            None => local_server::start().map_err(|reason| left_out::POSTGRES.leave_out(&reason)).ok(),
        })
        .as_deref()
}

/// Drops what runs that were killed have left: databases that are older than an hour and that nobody uses.
async fn sweep(admin: &Database) {
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    const LEFT: &str = "SELECT datname::text FROM pg_database \
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

async fn run(database: &Database, sql: &str) {
    database.pool.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn texts(database: &Database, sql: &str) -> Vec<String> {
    let rows = database.pool.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    let text = |row: &QueryResult| row.try_get_by_index(0);
    rows.and_then(|rows| rows.iter().map(text).collect()).unwrap_or_else(|error| panic!("{sql}: {error}"))
}
