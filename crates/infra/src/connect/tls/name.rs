//! Verifies the name in a server's certificate.

use pg_executor::rustls::{
    CertificateError, Error,
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName},
    server::ParsedCertificate,
};
use x509_cert::{
    Certificate, Version,
    der::{
        asn1::{PrintableStringRef, Utf8StringRef},
        oid::db::rfc4519::COMMON_NAME,
    },
};

/// Succeeds if the certificate is for this host. The common name counts only if there are no alternative names, as in libpq.
pub(super) fn verify(
    encoded: &CertificateDer<'_>,
    certificate: &Certificate,
    host: &ServerName<'_>,
) -> Result<(), Error> {
    let outcome = match certificate.tbs_certificate.version {
        Version::V1 => Err(no_name(host)),
        _ => verify_server_name(&ParsedCertificate::try_from(encoded)?, host),
    };
    match outcome {
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, expected }))
            if presented.is_empty() =>
        {
            let common = common_names(certificate);
            if common.iter().any(|name| matches(name, &host.to_str())) {
                return Ok(());
            }
            Err(CertificateError::NotValidForNameContext { expected, presented: common }.into())
        }
        outcome => outcome,
    }
}

fn no_name(host: &ServerName<'_>) -> Error {
    CertificateError::NotValidForNameContext { expected: host.to_owned(), presented: vec![] }.into()
}

fn common_names(certificate: &Certificate) -> Vec<String> {
    let attributes = certificate.tbs_certificate.subject.0.iter().flat_map(|names| names.0.iter());
    let text = |value: &x509_cert::attr::AttributeValue| {
        let utf8 = value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
        utf8.or_else(|_other| value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str().to_owned())).ok()
    };
    attributes.filter(|attribute| attribute.oid == COMMON_NAME).filter_map(|attribute| text(&attribute.value)).collect()
}

/// Whether a common name stands for this host. A leading `*` stands for one label.
fn matches(common: &str, host: &str) -> bool {
    match common.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain)
        }),
        None => common.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_common_name_stands_for_its_host_only() {
        assert!(matches("DBhost", "dbhost"));
        assert!(matches("*.example.com", "db.example.com"));
        for (common, host) in [
            ("dbhost", "dbhost.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.db.example.com"),
            ("*.com", "example.com"),
            ("*", "dbhost"),
            ("", "dbhost"),
        ] {
            assert!(!matches(common, host), "{common} {host}");
        }
    }
}
