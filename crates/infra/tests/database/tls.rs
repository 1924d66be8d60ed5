//! Over TLS all is as without, and only with a server that proves who it is.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    Clock, CreateOptions, IdSource, RepositoryError, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, testing::TestDatabase};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};
use url::Url;

use crate::server::{Peer, server};

/// How the first message of a client asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Who certifies servers. Nobody knows it unless told.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut about_itself = CertificateParams::default();
        about_itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(about_itself, KeyPair::generate().unwrap()).unwrap())
    }

    /// What proves that a server has this name.
    fn certifies(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivateKeyDer::try_from(key.serialize_der()).unwrap());
        Arc::new(config.unwrap()).into()
    }
}

/// How a server proves who it is. `None` if it does not offer TLS.
type Proof = Option<TlsAcceptor>;

/// The server of a database, reached as `localhost` over TLS.
struct Secured {
    url: DatabaseUrl,
    /// For those who connect from now on.
    proof: Arc<Mutex<Proof>>,
    _authority: TempDir,
}

impl Secured {
    /// Puts TLS in front of the server at `url`. Clients know this authority.
    async fn new(url: &str, authority: &Authority, proof: impl Into<Proof>) -> Self {
        let url = Url::parse(url).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("authority.pem");
        fs::write(&file, authority.0.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let through_it = secured(&url, listener.local_addr().unwrap().port(), &file);
        let proof = Arc::new(Mutex::new(proof.into()));
        let current = Arc::clone(&proof);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (url, proof) = (url.clone(), current.lock().unwrap().clone());
                tokio::spawn(async move {
                    // Who does not like the proof goes away.
                    if let Some(mut client) = welcomed(client, proof).await {
                        let _ = copy_bidirectional(&mut client, &mut server(&url).await).await;
                    }
                });
            }
        });
        Self { url: through_it, proof, _authority: directory }
    }

    async fn connect(&self) -> Result<Database, String> {
        let acquire_timeout = Duration::from_secs(30);
        // Enough for connections of both drivers.
        let settings =
            DatabaseSettings { max_connections: 4, acquire_timeout, ..DatabaseSettings::new(self.url.clone()) };
        Database::connect(&settings).await.map_err(|error| error.to_string())
    }

    fn becomes(&self, proof: impl Into<Proof>) {
        *self.proof.lock().unwrap() = proof.into();
    }
}

fn secured(url: &Url, port: u16, authority: &Path) -> DatabaseUrl {
    let mut url = url.clone();
    url.set_host(Some("localhost")).unwrap();
    url.set_port(Some(port)).unwrap();
    url.set_query(None);
    url.query_pairs_mut().append_pair("sslmode", "verify-full").append_pair("sslrootcert", authority.to_str().unwrap());
    DatabaseUrl::parse(url.as_str()).unwrap()
}

/// A client that asked for TLS and took what it got.
async fn welcomed(mut client: TcpStream, proof: Proof) -> Option<Box<dyn Peer>> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await.ok()?;
    assert_eq!(request, SSL_REQUEST, "nothing is sent in the clear");
    let Some(acceptor) = proof else {
        client.write_all(b"N").await.ok()?;
        return Some(Box::new(client));
    };
    client.write_all(b"S").await.ok()?;
    Some(Box::new(acceptor.accept(client).await.ok()?))
}

/// Servers that must not be believed to be `localhost`, and what is said of them.
fn impostors(authority: &Authority) -> [(Proof, &'static str); 3] {
    [
        (Some(Authority::new().certifies("localhost")), "invalid peer certificate"),
        (Some(authority.certifies("db.example.com")), "certificate not valid for name"),
        (None, "TLS"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_written_and_read_over_tls_and_reads_share_a_connection() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    let secured = Secured::new(database.url(), &authority, authority.certifies("localhost")).await;
    let over_tls = secured.connect().await.unwrap();
    let (tasks, owner, now) = (over_tls.tasks(), alice().id, FixedClock::default().now());
    let new = titled("Buy groceries");

    let created = tasks
        .create(&owner, SequentialIds::default().next(now), &new, &CreateOptions::default(), now)
        .await
        .unwrap()
        .created()
        .unwrap();

    let shared = timeout(Duration::from_secs(10), async {
        while over_tls.statistics().pipelined == 0 {
            assert_eq!(tasks.get(&owner, created.id).await.unwrap().as_ref(), Some(&created));
        }
    });
    assert!(shared.await.is_ok(), "{:?}", over_tls.statistics());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_prove_who_it_is_is_not_connected_to() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    for (proof, expected) in impostors(&authority) {
        let secured = Secured::new(database.url(), &authority, proof).await;

        let line = secured.connect().await.unwrap_err();

        assert!(line.contains(expected), "{line}");
    }
}

/// Connections for tasks are opened later, and by another driver than the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_the_same_any_more_gets_no_statement() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    for (proof, expected) in impostors(&authority) {
        let secured = Secured::new(database.url(), &authority, authority.certifies("localhost")).await;
        let tasks = secured.connect().await.unwrap().tasks();
        let id = SequentialIds::default().next(FixedClock::default().now());
        let read = async || tasks.get(&alice().id, id).await;

        secured.becomes(proof);
        let outcome = read().await;

        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
        let error = format!("{outcome:?}");
        assert!(error.contains(expected), "{error}");

        secured.becomes(authority.certifies("localhost"));
        assert_eq!(read().await.unwrap(), None);
    }
}
