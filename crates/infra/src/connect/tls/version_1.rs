//! Verifies certificates of version 1 of the format. rustls does not read them, and `openssl x509 -req` makes them unless it is given
//! extensions, as in Postgres' manual. A well-known authority never does, so only the certificates that the user has named count.

use pg_executor::rustls::{
    CertificateError, Error,
    pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime},
};
use webpki::RawPublicKeyEntity;
use x509_cert::{
    Certificate, Version,
    der::{Decode, Encode, oid::AssociatedOid},
    ext::pkix::{BasicConstraints, KeyUsage},
};

/// How many intermediate certificates may be between the certificate and one that the user has named.
const MAX_INTERMEDIATES: u8 = 4;

type Algorithms = [&'static dyn SignatureVerificationAlgorithm];

/// Succeeds if one of the `named` certificates has signed the certificate, directly or through intermediates.
pub(super) fn verify(
    certificate: &Certificate,
    intermediates: &[CertificateDer<'_>],
    named: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &Algorithms,
) -> Result<(), Error> {
    is_in_force(certificate, now)?;
    let intermediates: Vec<_> = intermediates.iter().filter_map(|encoded| parse(encoded).ok()).collect();
    let named: Vec<_> = named.iter().filter_map(|encoded| parse(encoded).ok()).collect();
    let is_issued_by = |certificate: &Certificate, issuer: &Certificate| {
        is_in_force(issuer, now).is_ok() && is_signed_by(certificate, issuer, algorithms).unwrap_or(false)
    };
    let mut certificate = certificate;
    for passed in 0..=MAX_INTERMEDIATES {
        if named.iter().any(|issuer| is_issued_by(certificate, issuer)) {
            return Ok(());
        }
        let issuer = |issuer: &&Certificate| is_authority(issuer, passed) && is_issued_by(certificate, issuer);
        let Some(issuer) = intermediates.iter().find(issuer) else { break };
        certificate = issuer;
    }
    Err(CertificateError::UnknownIssuer.into())
}

/// Reads a certificate of any version.
pub(super) fn parse(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_malformed| CertificateError::BadEncoding.into())
}

/// Succeeds between the two dates in the certificate.
pub(super) fn is_in_force(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &certificate.tbs_certificate.validity;
    let [begin, end] =
        [&validity.not_before, &validity.not_after].map(|time| UnixTime::since_unix_epoch(time.to_unix_duration()));
    if now < begin {
        Err(CertificateError::NotValidYetContext { time: now, not_before: begin }.into())
    } else if now > end {
        Err(CertificateError::ExpiredContext { time: now, not_after: end }.into())
    } else {
        Ok(())
    }
}

/// Whether the intermediate certificate may sign others, with this many intermediates below it.
fn is_authority(certificate: &Certificate, below: u8) -> bool {
    let certificate = &certificate.tbs_certificate;
    let (mut is_authority, mut may_sign) = (false, true);
    for extension in certificate.extensions.iter().flatten() {
        let value = extension.extn_value.as_bytes();
        if extension.extn_id == BasicConstraints::OID {
            is_authority = BasicConstraints::from_der(value)
                .is_ok_and(|limits| limits.ca && limits.path_len_constraint.is_none_or(|limit| below <= limit));
        } else if extension.extn_id == KeyUsage::OID {
            may_sign &= KeyUsage::from_der(value).is_ok_and(|usage| usage.key_cert_sign());
        } else {
            // Such as a restriction to some names.
            may_sign &= !extension.critical;
        }
    }
    certificate.version == Version::V3 && is_authority && may_sign
}

fn is_signed_by(
    certificate: &Certificate,
    issuer: &Certificate,
    algorithms: &Algorithms,
) -> x509_cert::der::Result<bool> {
    if certificate.tbs_certificate.issuer != issuer.tbs_certificate.subject {
        return Ok(false);
    }
    let message = certificate.tbs_certificate.to_der()?;
    let signature = certificate.signature.raw_bytes();
    let algorithm = certificate.signature_algorithm.to_der()?;
    let key = SubjectPublicKeyInfoDer::from(issuer.tbs_certificate.subject_public_key_info.to_der()?);
    let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return Ok(false) };
    // An identifier without its two bytes of tag and length.
    let mut candidates =
        algorithms.iter().filter(|candidate| algorithm.get(2..) == Some(candidate.signature_alg_id().as_ref()));
    Ok(candidates.any(|candidate| key.verify_signature(*candidate, &message, signature).is_ok()))
}
