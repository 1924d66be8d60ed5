//! The executor's log. This test is its own process, because tracing caches the interest of subscribers for all threads.

#![expect(clippy::unwrap_used, reason = "these are tests: their failure is a panic")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use pg_executor::{Connector, Executor, Settings, Statement};
use test_servers::PostgresDatabase;
use tracing_subscriber::fmt::MakeWriter;

/// Collects the log output.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn slow_statements_and_transactions_are_logged_without_their_parameters() {
    let Some(database) = PostgresDatabase::create().await else { return };
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let limit = Duration::from_secs(30);
    let slow_statement = Duration::from_secs(1);
    let settings = Settings { acquire_timeout: limit, statement_timeout: limit, slow_statement, ..Settings::default() };
    let executor = Executor::new(&Connector::new(database.config(), None), &settings);

    for text in ["quick 123456", "slow 123456"] {
        let sleep = Statement::read("SELECT pg_sleep(1.1) WHERE $1 LIKE 'slow%'", [text.into()]);
        let first = Statement::read("SELECT 'the first' WHERE $1 <> ''", [text.into()]);
        executor.run(sleep.clone()).await.unwrap();
        executor.run_batch(vec![first, sleep]).await.unwrap();
    }

    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let slow: Vec<_> = lines.lines().filter(|line| line.contains("slow statement")).collect();
    let expected = [("LIKE 'slow%'", "statements=1"), ("SELECT 'the first'", "statements=2")];
    assert_eq!(slow.len(), expected.len(), "{lines}");
    for (line, (sql, count)) in slow.into_iter().zip(expected) {
        assert!(line.contains(sql) && line.contains(count), "{line}");
    }
    assert!(!lines.contains("123456"), "{lines}");
}
