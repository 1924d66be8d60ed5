//! Opens connections.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::ClientConfig;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use crate::{Error, health::Health};

/// The driver's future, which must be polled for statements to be sent and answered.
pub(crate) type Driver = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// Opens connections to a server, or to the first of several that can be used. Clones share its health: when one executor finds a
/// dead connection, the others check theirs.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    servers: Vec<Config>,
    /// The server that was last connected to, which is tried first: the ones before it may not even answer.
    current: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
    health: Health,
    executors: AtomicU32,
}

impl Connector {
    /// A connector to the server and database of `config`. With `tls`, every connection is encrypted or fails, regardless of
    /// the `sslmode` of `config`.
    #[must_use]
    pub fn new(config: Config, tls: Option<ClientConfig>) -> Self {
        Self::to_one_of(vec![config], tls)
    }

    /// The same for several servers, of which each configuration names one. Each connection is opened to the first server that
    /// answers and has what its configuration requires, such as `target_session_attrs`.
    #[must_use]
    pub fn to_one_of(mut servers: Vec<Config>, tls: Option<ClientConfig>) -> Self {
        if tls.is_some() {
            for server in &mut servers {
                server.ssl_mode(SslMode::Require);
            }
        }
        let tls = tls.map(MakeRustlsConnect::new);
        let (current, health, executors) = Default::default();
        Self(Arc::new(Inner { servers, current, tls, health, executors }))
    }

    /// Opens a connection outside of any executor, for checks at program start. The current runtime serves it. Also returns the
    /// number of the server, counted from 0.
    ///
    /// # Errors
    ///
    /// [`Error::NoConnection`], after `limit` at the latest.
    pub async fn connect(&self, limit: Duration) -> Result<(Client, usize), Error> {
        let (client, driver, server) = self.open(limit).await?;
        tokio::spawn(drive(driver));
        Ok((client, server))
    }

    /// Tries the servers one after the other. Each gets an equal part of the time.
    pub(crate) async fn open(&self, limit: Duration) -> Result<(Client, Driver, usize), Error> {
        let Inner { servers, current, .. } = &*self.0;
        let part = limit / u32::try_from(servers.len()).unwrap_or(u32::MAX).max(1);
        let first = current.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for number in (0..servers.len()).map(|step| (first + step) % servers.len()) {
            match timeout(part, self.open_to(&servers[number])).await {
                Ok(Ok((client, driver))) => {
                    current.store(number, Ordering::Relaxed);
                    return Ok((client, driver, number));
                }
                Ok(Err(error)) => failures.push((number, error)),
                Err(_elapsed) => failures.push((number, Error::no_connection_within(part))),
            }
        }
        Err(Error::of_servers(failures))
    }

    async fn open_to(&self, server: &Config) -> Result<(Client, Driver), Error> {
        Ok(match &self.0.tls {
            None => {
                let (client, driver) = server.connect(NoTls).await.map_err(Error::of_connection)?;
                (client, Box::pin(driver))
            }
            Some(tls) => {
                let (client, driver) = server.connect(tls.clone()).await.map_err(Error::of_connection)?;
                (client, Box::pin(driver))
            }
        })
    }

    pub(crate) fn health(&self) -> &Health {
        &self.0.health
    }

    /// A different number for each executor.
    pub(crate) fn number_executor(&self) -> u32 {
        self.0.executors.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its `Debug` hides the password.
        f.debug_tuple("Connector").field(&self.0.servers).finish()
    }
}

/// Sends and receives until the connection ends.
pub(crate) async fn drive(driver: Driver) {
    if let Err(error) = driver.await {
        debug!(%error, "a connection to Postgres broke");
    }
}
