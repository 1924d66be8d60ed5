//! TLS to Postgres, according to the URL.

mod message;
mod name;
mod verifier;
mod version_1;

use std::{fs, sync::Arc};

use domain::BoxError;
use pg_executor::rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::url::{Authorities, Mode, Pem, PostgresUrl, Proof, Tls};
pub(super) use message::in_words;
use verifier::Verifier;

/// The ways to secure a connection that the URL allows, in the order of attempts. `None` means without TLS.
///
/// # Errors
///
/// If a certificate cannot be read.
pub(super) fn ways(url: &PostgresUrl) -> Result<Vec<Option<ClientConfig>>, BoxError> {
    let config = |proof| client_config(&url.tls, proof);
    Ok(match url.tls.mode {
        // Unix sockets: nothing crosses the network.
        _ if url.servers.iter().all(|server| server.socket().is_some()) => vec![None],
        Mode::Off => vec![None],
        // Encryption is useless here and costs time, but the server may insist on it.
        Mode::IfNeeded => vec![None, Some(config(Proof::None)?)],
        Mode::On(proof) => vec![Some(config(proof)?)],
    })
}

fn client_config(tls: &Tls, proof: Proof) -> Result<ClientConfig, BoxError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let (roots, named) =
        if proof == Proof::None { (RootCertStore::empty(), vec![]) } else { trusted(&tls.authorities)? };
    let verifier = Verifier { roots, named, proof, algorithms };
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(match &tls.client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let (chain, key_of) = (certificates("sslcert", certificate)?, read("sslkey", key)?);
            let key =
                PrivateKeyDer::from_pem_slice(&key_of).map_err(|error| format!("sslkey {}: {error}", name(key)))?;
            config.with_client_auth_cert(chain, key).map_err(|error| format!("sslcert, sslkey: {error}"))?
        }
    })
}

/// The certificates that are trusted, and among them those that the URL names.
fn trusted(authorities: &Authorities) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), BoxError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::BuiltIn => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Authorities::System => {
            let (added, _unusable) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if added == 0 {
                let message = "sslrootcert=system: this machine has no certificates of authorities; install the package \
                               ca-certificates, or set SSL_CERT_FILE";
                return Err(message.into());
            }
        }
        Authorities::Named(pem) => {
            let named = certificates("sslrootcert", pem)?;
            for certificate in &named {
                roots.add(certificate.clone()).map_err(|error| format!("sslrootcert {}: {error}", name(pem)))?;
            }
            return Ok((roots, named));
        }
    }
    Ok((roots, vec![]))
}

/// At least one certificate, which this parameter of the URL names.
fn certificates(parameter: &str, pem: &Pem) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let certificates = CertificateDer::pem_slice_iter(&read(parameter, pem)?).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| format!("{parameter} {}: {error}", name(pem)))?;
    if certificates.is_empty() {
        return Err(format!("{parameter} {}: there is no certificate in the PEM format", name(pem)).into());
    }
    Ok(certificates)
}

fn read(parameter: &str, pem: &Pem) -> Result<Vec<u8>, BoxError> {
    match pem {
        Pem::Text(text) => Ok(text.clone().into_bytes()),
        Pem::File(path) => fs::read(path).map_err(|error| {
            format!("{parameter} {}: {error} (docs/troubleshooting.md#private-ca)", path.display()).into()
        }),
    }
}

fn name(pem: &Pem) -> String {
    match pem {
        Pem::Text(_) => "the certificate in DATABASE_URL".to_owned(),
        Pem::File(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
