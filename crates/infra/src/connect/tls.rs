//! TLS to Postgres, according to `sslmode`.

use std::{fs, io, sync::Arc};

use domain::BoxError;
use pg_executor::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use sqlx::postgres::PgSslMode;

use crate::url::{Certificates, Pem, PostgresUrl};

/// The ways to secure a connection that the URL allows, in the order of attempts. `None` means without TLS.
///
/// # Errors
///
/// If a certificate cannot be read.
pub(super) fn ways(url: &PostgresUrl) -> Result<Vec<Option<ClientConfig>>, BoxError> {
    let config = |proof| client_config(&url.certificates, proof);
    Ok(match url.options.get_ssl_mode() {
        // A Unix socket: nothing crosses the network.
        _ if url.socket().is_some() => vec![None],
        PgSslMode::Disable => vec![None],
        // The server is on this machine, otherwise `PostgresUrl` would require verification. Encryption is useless here and
        // costs time, but the server may insist on it.
        PgSslMode::Allow | PgSslMode::Prefer => vec![None, Some(config(Proof::None)?)],
        PgSslMode::Require => vec![Some(config(Proof::None)?)],
        PgSslMode::VerifyCa => vec![Some(config(Proof::Certificate)?)],
        PgSslMode::VerifyFull => vec![Some(config(Proof::CertificateAndName)?)],
    })
}

/// What a server must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    None,
    /// A certificate from a trusted authority.
    Certificate,
    /// A certificate from a trusted authority, for the host in the URL.
    CertificateAndName,
}

fn client_config(certificates: &Certificates, proof: Proof) -> Result<ClientConfig, BoxError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(authorities(certificates)?), provider).build()?;
    let config = if proof == Proof::CertificateAndName {
        config.with_webpki_verifier(verifier)
    } else {
        config.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { verifier, proof }))
    };
    Ok(match (&certificates.client, &certificates.key) {
        (None, None) => config.with_no_client_auth(),
        (Some(client), Some(key)) => {
            let chain = CertificateDer::pem_slice_iter(&read(client)?).collect::<Result<_, _>>()?;
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(&read(key)?)?)?
        }
        _ => return Err("sslcert and sslkey must be given together".into()),
    })
}

/// The well-known authorities, and the one that the URL names.
fn authorities(certificates: &Certificates) -> Result<RootCertStore, BoxError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(authority) = &certificates.authority {
        for certificate in CertificateDer::pem_slice_iter(&read(authority)?) {
            roots.add(certificate?)?;
        }
    }
    Ok(roots)
}

fn read(pem: &Pem) -> Result<Vec<u8>, io::Error> {
    match pem {
        Pem::Text(text) => Ok(text.clone().into_bytes()),
        Pem::File(path) => {
            fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        }
    }
}

/// Accepts certificates without checking the server's name.
#[derive(Debug)]
struct Lenient {
    verifier: Arc<WebPkiServerVerifier>,
    proof: Proof,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};

        if self.proof == Proof::None {
            return Ok(ServerCertVerified::assertion());
        }
        match self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests;
