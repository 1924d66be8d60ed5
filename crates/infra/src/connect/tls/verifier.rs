//! Verifies a server's certificate as libpq does.
//!
//! rustls alone rejects two kinds of certificates that Postgres' manual tells users to make: a self-signed certificate that is
//! also marked as an authority's, and one whose name is not in the list of alternative names.

use pg_executor::rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{
        WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
    server::ParsedCertificate,
};
use x509_cert::{Certificate, Version, der::Encode};

use super::{
    name,
    version_1::{self, parse},
};
use crate::url::Proof;

#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) roots: RootCertStore,
    /// The certificates in `sslrootcert`.
    pub(super) named: Vec<CertificateDer<'static>>,
    pub(super) proof: Proof,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// Whether the certificate comes from a trusted authority, or is itself one that the user has named.
    fn verify_certificate(
        &self,
        encoded: &CertificateDer<'_>,
        certificate: &Certificate,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.named.contains(encoded) {
            return version_1::is_in_force(certificate, now);
        }
        if certificate.tbs_certificate.version == Version::V1 {
            return version_1::verify(certificate, intermediates, &self.named, now, self.algorithms.all);
        }
        let parsed = ParsedCertificate::try_from(encoded)?;
        let algorithms = self.algorithms.all;
        let verdict = verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms);
        // rustls complains about the form of a self-signed certificate. The point is that nobody has named it.
        let is_self_signed = certificate.tbs_certificate.issuer == certificate.tbs_certificate.subject;
        verdict.map_err(|error| if is_self_signed { CertificateError::UnknownIssuer.into() } else { error })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.proof == Proof::None {
            return Ok(ServerCertVerified::assertion());
        }
        let certificate = parse(end_entity)?;
        self.verify_certificate(end_entity, &certificate, intermediates, now)?;
        if self.proof == Proof::CertificateAndName {
            name::verify(end_entity, &certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match parse(certificate) {
            // rustls does not read the key in a certificate of this version.
            Ok(old) if old.tbs_certificate.version == Version::V1 => {
                let key = old.tbs_certificate.subject_public_key_info.to_der();
                let key = key.map_err(|_malformed| CertificateError::BadEncoding)?;
                let key = SubjectPublicKeyInfoDer::from(key);
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
            }
            _ => verify_tls13_signature(message, certificate, signature, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
