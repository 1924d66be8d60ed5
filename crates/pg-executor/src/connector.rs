//! Opens connections.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rustls::ClientConfig;
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use crate::{Error, health::Health};

/// The driver's future, which must be polled for statements to be sent and answered.
pub(crate) type Driver = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// Opens connections to one server. Clones share its health: when one executor finds a dead connection, the others check
/// theirs.
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    health: Health,
    executors: AtomicU32,
}

impl Connector {
    /// A connector to the server and database of `config`. With `tls`, every connection is encrypted or fails, regardless of
    /// the `sslmode` of `config`.
    #[must_use]
    pub fn new(mut config: Config, tls: Option<ClientConfig>) -> Self {
        if tls.is_some() {
            config.ssl_mode(SslMode::Require);
        }
        let tls = tls.map(MakeRustlsConnect::new);
        Self(Arc::new(Inner { config, tls, health: Health::default(), executors: AtomicU32::new(0) }))
    }

    /// Opens a connection outside of any executor, for checks at program start. The current runtime serves it.
    ///
    /// # Errors
    ///
    /// [`Error::NoConnection`]. There is no timeout.
    pub async fn connect(&self) -> Result<Client, Error> {
        let (client, driver) = self.open().await?;
        tokio::spawn(drive(driver));
        Ok(client)
    }

    pub(crate) async fn open(&self) -> Result<(Client, Driver), Error> {
        let config = &self.0.config;
        let opened: (Client, Driver) = match &self.0.tls {
            None => {
                let (client, driver) = config.connect(NoTls).await.map_err(Error::of_connection)?;
                (client, Box::pin(driver))
            }
            Some(tls) => {
                let (client, driver) = config.connect(tls.clone()).await.map_err(Error::of_connection)?;
                (client, Box::pin(driver))
            }
        };
        Ok(opened)
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
        f.debug_tuple("Connector").field(&self.0.config).finish()
    }
}

/// Sends and receives until the connection ends.
pub(crate) async fn drive(driver: Driver) {
    if let Err(error) = driver.await {
        debug!(%error, "a connection to Postgres broke");
    }
}
