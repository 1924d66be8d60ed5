//! Connections over TLS, to servers that prove their identity as `sslmode` requires.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    Clock, CreateOptions, IdSource, Readiness, RepositoryError, TaskRepository,
    testing::{FixedClock, SequentialIds, alice, titled},
};
use infra::{Database, DatabaseSettings, DatabaseUrl, ExecutorKind, testing::TestDatabase};
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier,
        crypto::aws_lc_rs,
        pki_types::PrivateKeyDer,
        server::{WantsServerCert, WebPkiClientVerifier},
    },
};
use url::Url;

use crate::server::{Peer, server};

/// The first message of a client that asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A certificate authority that nobody trusts by default.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut about_itself = CertificateParams::default();
        about_itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(about_itself, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for this name, and its key.
    fn certificate(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap(), key)
    }

    /// The TLS configuration of a server with this name.
    fn certifies(&self, name: &str) -> TlsAcceptor {
        self.acceptor(name, ConfigBuilder::<ServerConfig, WantsVerifier>::with_no_client_auth)
    }

    /// The same for a server that requires client certificates from this authority.
    fn certifies_and_asks(&self, name: &str) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        self.acceptor(name, |config| config.with_client_cert_verifier(clients))
    }

    fn acceptor(
        &self,
        name: &str,
        clients: impl FnOnce(ConfigBuilder<ServerConfig, WantsVerifier>) -> ConfigBuilder<ServerConfig, WantsServerCert>,
    ) -> TlsAcceptor {
        let (certificate, key) = self.certificate(name);
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(clients(config).with_single_cert(vec![certificate.into()], key).unwrap()).into()
    }
}

/// The TLS configuration of a server. `None` if it does not offer TLS.
type Proof = Option<TlsAcceptor>;

/// The server of a database, reached as `localhost` over TLS.
struct Secured {
    /// The URL over TLS, without a query string.
    url: Url,
    /// The TLS configuration for new connections.
    proof: Arc<Mutex<Proof>>,
    /// A directory with the authority's certificate and the client's files.
    files: TempDir,
}

impl Secured {
    /// Puts TLS in front of the server at `url`. Clients trust this authority.
    async fn new(url: &str, authority: &Authority, proof: impl Into<Proof>) -> Self {
        let url = Url::parse(url).unwrap();
        let files = tempfile::tempdir().unwrap();
        fs::write(files.path().join("authority.pem"), authority.0.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut through_it = url.clone();
        through_it.set_host(Some("localhost")).unwrap();
        through_it.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        through_it.set_query(None);
        let proof = Arc::new(Mutex::new(proof.into()));
        let current = Arc::clone(&proof);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (url, proof) = (url.clone(), current.lock().unwrap().clone());
                tokio::spawn(async move {
                    // A client that rejects the certificate closes the connection.
                    if let Some(mut client) = welcomed(client, proof).await {
                        let _ = copy_bidirectional(&mut client, &mut server(&url).await).await;
                    }
                });
            }
        });
        Self { url: through_it, proof, files }
    }

    async fn connect(&self) -> Result<Database, String> {
        self.connect_with("verify-full", &[]).await
    }

    async fn connect_with(&self, sslmode: &str, parameters: &[(&str, &str)]) -> Result<Database, String> {
        Database::connect(&self.settings(sslmode, parameters)).await.map_err(|error| error.to_string())
    }

    /// With this `sslmode` and further parameters for files. All but `require` also name the authority's certificate.
    fn settings(&self, sslmode: &str, parameters: &[(&str, &str)]) -> DatabaseSettings {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("sslmode", sslmode);
        let authority = (sslmode != "require").then_some(&("sslrootcert", "authority.pem"));
        for (parameter, file) in parameters.iter().chain(authority) {
            url.query_pairs_mut().append_pair(parameter, self.files.path().join(file).to_str().unwrap());
        }
        let url = DatabaseUrl::parse(url.as_str()).unwrap();
        let acquire_timeout = Duration::from_secs(30);
        // Enough connections for a pipeline.
        DatabaseSettings { max_connections: 4, acquire_timeout, ..DatabaseSettings::new(url) }
    }

    fn becomes(&self, proof: impl Into<Proof>) {
        *self.proof.lock().unwrap() = proof.into();
    }
}

/// A client that requested TLS and accepted the certificate.
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

/// Servers that cannot prove that they are `localhost`, with the error of each at the start and later.
fn impostors(authority: &Authority) -> [(Proof, &'static str, &'static str); 3] {
    let another = "no certificate in sslrootcert has signed the server's certificate";
    [
        (Some(Authority::new().certifies("localhost")), another, "invalid peer certificate"),
        (Some(authority.certifies("db.example.com")), "is not for localhost", "certificate not valid for name"),
        (None, "does not support TLS", "TLS"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_written_and_read_over_tls() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    let secured = Secured::new(database.url(), &authority, authority.certifies("localhost")).await;
    let over_tls = secured.connect().await.unwrap();
    let (tasks, owner, now) = (over_tls.tasks(), alice().id, FixedClock::default().now());
    let new = titled("Buy groceries");

    let created = tasks
        .create(&owner, SequentialIds::default().next(now).into(), &new, &CreateOptions::default(), now)
        .await
        .unwrap()
        .created()
        .unwrap();

    let shared = timeout(Duration::from_secs(10), async {
        while over_tls.statistics().connections.pipelined == 0 {
            assert_eq!(tasks.get(&owner, created.id).await.unwrap().as_ref(), Some(&created));
        }
    });
    assert!(shared.await.is_ok(), "{:?}", over_tls.statistics());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_must_prove_its_name_by_default() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    for (proof, expected, _) in impostors(&authority) {
        let secured = Secured::new(database.url(), &authority, proof).await;

        let line = secured.connect().await.unwrap_err();

        assert!(line.contains(expected), "{line}");
    }
}

/// Connections for requests are opened after the first one: by the executor, or by sqlx through the bridge.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_connection_checks_the_server_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    let executors = [ExecutorKind::Pipelined, ExecutorKind::SeaOrm];
    let each = executors.into_iter().flat_map(|executor| impostors(&authority).map(|impostor| (executor, impostor)));
    for (executor, (proof, _, expected)) in each {
        let secured = Secured::new(database.url(), &authority, authority.certifies("localhost")).await;
        let settings = DatabaseSettings { executor, ..secured.settings("verify-full", &[]) };
        let tasks = Database::connect(&settings).await.unwrap().tasks();
        let id = SequentialIds::default().next(FixedClock::default().now()).into();
        let read = async || tasks.get(&alice().id, id).await;

        secured.becomes(proof);
        let outcome = read().await;

        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))), "{outcome:?}");
        let error = format!("{outcome:?}");
        assert!(error.contains(expected), "{executor:?}: {error}");

        secured.becomes(authority.certifies("localhost"));
        assert_eq!(read().await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_ca_accepts_another_name_of_the_same_authority() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    let secured = Secured::new(database.url(), &authority, authority.certifies("db.example.com")).await;
    let tasks = secured.connect_with("verify-ca", &[]).await.unwrap().tasks();

    secured.becomes(Authority::new().certifies("localhost"));
    let error = format!("{:?}", tasks.check().await.unwrap_err());
    assert!(error.contains("invalid peer certificate"), "{error}");

    secured.becomes(authority.certifies("db.example.com"));
    tasks.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn require_on_the_same_machine_accepts_any_certificate() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (authority, another) = (Authority::new(), Authority::new());
    let secured = Secured::new(database.url(), &authority, another.certifies("db.example.com")).await;
    let tasks = secured.connect_with("require", &[]).await.unwrap().tasks();

    secured.becomes(None);
    let error = format!("{:?}", tasks.check().await.unwrap_err());
    assert!(error.contains("TLS"), "{error}");

    secured.becomes(another.certifies("db.example.com"));
    tasks.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_presents_its_certificate() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let authority = Authority::new();
    let secured = Secured::new(database.url(), &authority, authority.certifies_and_asks("localhost")).await;
    let (certificate, key) = authority.certificate("client");
    fs::write(secured.files.path().join("client.pem"), certificate.pem()).unwrap();
    fs::write(secured.files.path().join("client.key"), key.serialize_pem()).unwrap();

    for sslmode in ["require", "verify-ca", "verify-full"] {
        let client = [("sslcert", "client.pem"), ("sslkey", "client.key")];
        let database = secured.connect_with(sslmode, &client).await.unwrap();
        database.tasks().check().await.unwrap();

        secured.connect_with(sslmode, &[]).await.unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_reported_with_the_setting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut asked = [0; SSL_REQUEST.len()];
            client.read_exact(&mut asked).await.unwrap();
            client.write_all(b"N").await.unwrap();
        }
    });
    let url = DatabaseUrl::parse(&format!("postgres://me@127.0.0.1:{port}/tasks?sslmode=require")).unwrap();

    let line = Database::connect(&DatabaseSettings::new(url)).await.unwrap_err().to_string();

    assert!(line.contains("does not support TLS: ") && line.contains("sslmode=disable"), "{line}");
    assert!(line.ends_with("(docs/troubleshooting.md#no-tls)"), "{line}");
}
