//! What is wrong with a server's TLS, in words, with the remedy.

use std::{error::Error as StdError, io, iter::successors};

use pg_executor::rustls::{CertificateError, Error};

use crate::url::{Authorities, PostgresUrl};

/// What tokio-postgres says of a server without TLS.
const UNSUPPORTED: &str = "server does not support TLS";

/// The text for the error of a connection that failed because of TLS. `None` if there was another cause.
pub(crate) fn in_words(error: &(dyn StdError + 'static), url: &PostgresUrl) -> Option<String> {
    let mut causes = successors(Some(error), |error| (*error).source());
    if causes.clone().any(|cause| cause.to_string() == UNSUPPORTED) {
        let message = "the server does not support TLS: switch it on there, or add sslmode=disable to DATABASE_URL if the network \
                       in between is private (docs/troubleshooting.md#no-tls)";
        return Some(message.to_owned());
    }
    let error = causes.find_map(|cause| {
        cause.downcast_ref::<Error>().or_else(|| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref())
    })?;
    Some(match error {
        Error::InvalidCertificate(error) => format!("TLS: {}", of_certificate(error, url)),
        other => format!("TLS: {other}"),
    })
}

fn of_certificate(error: &CertificateError, url: &PostgresUrl) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    match error {
        // A bad signature: another authority of the same name.
        UnknownIssuer | BadSignature => match url.tls.authorities {
            Authorities::Named(_) => "no certificate in sslrootcert has signed the server's certificate: name the file with the \
                                      certificate of the server's authority, or with the server's own \
                                      (docs/databases.md#tls)"
                .to_owned(),
            Authorities::BuiltIn | Authorities::System => {
                "the server's certificate is signed by a private authority: download the certificate of that authority from your \
                 provider, or take the server's own if it is self-signed, and add sslrootcert=FILE to DATABASE_URL (docs/troubleshooting.md#private-ca)"
                    .to_owned()
            }
        },
        NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() { "no host".to_owned() } else { presented.join(", ") };
            format!(
                "the server's certificate is not for {}, the host in DATABASE_URL, but for {names}: use a host from the \
                 certificate, or sslmode=verify-ca with sslrootcert=FILE (docs/troubleshooting.md#certificate-name)",
                expected.to_str()
            )
        }
        NotValidForName => "the server's certificate is not for the host in DATABASE_URL \
                            (docs/troubleshooting.md#certificate-name)"
            .to_owned(),
        Expired | ExpiredContext { .. } => "the server's certificate, or that of its authority, has expired: renew it on the server".to_owned(),
        NotValidYet | NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: check the clocks of this machine and of the server".to_owned()
        }
        other => format!("the server's certificate is not acceptable: {other}"),
    }
}
