//! Statements over TLS, only to a server that proves its identity.

use std::sync::{Arc, Mutex};

use pg_executor::{
    Connector, Error, Executor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
    tokio_postgres::Config,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    network::{Peer, elsewhere, server},
    support::{TestDatabase, get, insert, limited, numbers, patient, shown, until_pipelined},
};

/// The first message of a client that requests TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A certificate authority that nobody trusts by default.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// The TLS configuration of a server with this name.
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

    /// A client that trusts only this authority.
    fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.0.der().to_vec())).unwrap();
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

/// The TLS configuration of a server. `None` if it does not offer TLS.
type Proof = Option<TlsAcceptor>;

/// The server of a database, reached as `localhost` over TLS.
struct Secured {
    config: Config,
    /// The TLS configuration for new connections.
    proof: Arc<Mutex<Proof>>,
}

impl Secured {
    async fn new(database: &TestDatabase, proof: impl Into<Proof>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = limited(elsewhere(&database.config(), "localhost", port), patient());
        let proof = Arc::new(Mutex::new(proof.into()));
        let (current, behind) = (Arc::clone(&proof), database.config());
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (proof, behind) = (current.lock().unwrap().clone(), behind.clone());
                tokio::spawn(async move {
                    // A client that rejects the certificate closes the connection.
                    if let Some(mut client) = welcomed(client, proof).await {
                        let _ = copy_bidirectional(&mut client, &mut server(&behind).await).await;
                    }
                });
            }
        });
        Self { config, proof }
    }

    fn executor(&self, authority: &Authority) -> Executor {
        Executor::new(&Connector::new(self.config.clone(), Some(authority.client())), &patient())
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

#[tokio::test(flavor = "multi_thread")]
async fn statements_run_over_tls_and_reads_are_pipelined() {
    let Some(database) = TestDatabase::create().await else { return };
    let authority = Authority::new();
    let secured = Secured::new(&database, authority.certifies("localhost")).await;
    let executor = secured.executor(&authority);

    executor.run(insert(1, 7)).await.unwrap();
    until_pipelined(&executor).await;

    assert_eq!(numbers(&executor.run(get(1)).await.unwrap(), 1), [7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_impostor_gets_no_statement() {
    let Some(database) = TestDatabase::create().await else { return };
    let authority = Authority::new();
    for (impostor, expected) in [
        (Some(Authority::new().certifies("localhost")), "invalid peer certificate"),
        (Some(authority.certifies("db.example.com")), "certificate not valid for name"),
        (None, "server does not support TLS"),
    ] {
        let secured = Secured::new(&database, authority.certifies("localhost")).await;
        let executor = secured.executor(&authority);

        secured.becomes(impostor);
        let outcome = executor.run(get(1)).await;

        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::NoConnection(_)), "{error:?}");
        assert!(shown(&error).contains(expected), "{}", shown(&error));

        secured.becomes(authority.certifies("localhost"));
        executor.run(get(1)).await.unwrap();
    }
}
