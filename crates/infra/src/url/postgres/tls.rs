//! What a Postgres URL says about TLS. The values have the meaning that they have in libpq, with one exception: the certificate of
//! a server on another machine is verified unless the URL explicitly asks for less.

use std::{env, path::PathBuf};

use super::{parameters::Parameters, servers::Server};
use crate::url::InvalidDatabaseUrl;

/// How to secure a connection.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) mode: Mode,
    pub(crate) authorities: Authorities,
    /// The client's certificate and its key.
    pub(crate) client: Option<(Pem, Pem)>,
    /// Whether the URL asks for encryption without any check.
    pub(crate) is_unverified_by_choice: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Never.
    Off,
    /// Only if the server insists, and without any check. The server is on this machine.
    IfNeeded,
    /// Always, if the server proves this.
    On(Proof),
}

/// What a server must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    None,
    /// A certificate from a trusted authority.
    Certificate,
    /// A certificate from a trusted authority, for the host in the URL.
    CertificateAndName,
}

/// The certificates that are trusted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Authorities {
    /// The well-known authorities, which are compiled in.
    BuiltIn,
    /// Those that this machine trusts.
    System,
    /// Only these.
    Named(Pem),
}

/// A certificate or key in the PEM format.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Pem {
    File(PathBuf),
    Text(String),
}

impl From<&str> for Pem {
    fn from(text: &str) -> Self {
        if text.trim_start().starts_with("-----BEGIN") { Self::Text(text.to_owned()) } else { Self::File(text.into()) }
    }
}

impl Tls {
    pub(super) fn read(parameters: &Parameters, servers: &[Server]) -> Result<Self, InvalidDatabaseUrl> {
        let named =
            |parameter: &str, variable: &str| parameters.of(parameter).map(str::to_owned).or_else(|| set(variable));
        let authorities = match named("sslrootcert", "PGSSLROOTCERT").as_deref() {
            None => Authorities::BuiltIn,
            Some("system") => Authorities::System,
            Some(pem) => Authorities::Named(pem.into()),
        };
        let client = match (named("sslcert", "PGSSLCERT"), named("sslkey", "PGSSLKEY")) {
            (Some(certificate), Some(key)) => Some((certificate.as_str().into(), key.as_str().into())),
            (None, None) => None,
            _ => {
                let message = "must have both sslcert and sslkey, the client's certificate and its key, or neither; \
                               the certificate of the server's authority is sslrootcert";
                return Err(InvalidDatabaseUrl(message.to_owned()));
            }
        };
        let requested = requested(parameters)?;
        let mode = mode(requested, &authorities, servers.iter().all(Server::is_local))?;
        Ok(Self { mode, authorities, client, is_unverified_by_choice: requested == Some(Requested::NoVerify) })
    }
}

/// The value of one of libpq's variables.
fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// A value of `sslmode`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Requested {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
    NoVerify,
}

fn requested(parameters: &Parameters) -> Result<Option<Requested>, InvalidDatabaseUrl> {
    let text = match (parameters.of("sslmode"), parameters.of("ssl"), parameters.of("sslaccept")) {
        // Prisma's: what `sslmode` requires of a server, if it requires TLS.
        (None | Some("require" | "prefer"), _, Some("strict")) => "verify-full".to_owned(),
        (None | Some("require" | "prefer"), _, Some("accept_invalid_certs")) => "no-verify".to_owned(),
        (_, _, Some(other)) if !["strict", "accept_invalid_certs"].contains(&other) => {
            return Err(InvalidDatabaseUrl("must have strict in sslaccept, or better an sslmode".to_owned()));
        }
        // Of node-postgres and asyncpg.
        (None, Some("true" | "1" | "on"), _) => "require".to_owned(),
        (None, Some("false" | "0" | "off"), _) => "disable".to_owned(),
        (Some(mode), ..) | (None, Some(mode), _) => mode.to_ascii_lowercase(),
        (None, None, _) => match set("PGSSLMODE") {
            Some(mode) => mode,
            None => return Ok(None),
        },
    };
    Ok(Some(match text.as_str() {
        "disable" => Requested::Disable,
        "allow" | "prefer" => Requested::Prefer,
        "require" => Requested::Require,
        "verify-ca" => Requested::VerifyCa,
        "verify-full" => Requested::VerifyFull,
        "no-verify" => Requested::NoVerify,
        _ => {
            let message = "must have one of these as sslmode (or PGSSLMODE): disable, allow, prefer, require, verify-ca, verify-full";
            return Err(InvalidDatabaseUrl(message.to_owned()));
        }
    }))
}

/// By default libpq accepts any certificate, so that an attacker on the network could read and change everything. If a server is
/// on another machine, its certificate and the name in it are therefore checked, unless the URL explicitly requests less.
fn mode(requested: Option<Requested>, authorities: &Authorities, is_local: bool) -> Result<Mode, InvalidDatabaseUrl> {
    use Requested::{Disable, NoVerify, Prefer, Require, VerifyCa};

    Ok(match (requested, authorities) {
        (Some(Disable | NoVerify), Authorities::System) => {
            let message = "must have sslmode=verify-full, or no sslmode, with sslrootcert=system";
            return Err(InvalidDatabaseUrl(message.to_owned()));
        }
        (Some(Disable), _) => Mode::Off,
        (Some(NoVerify), _) => Mode::On(Proof::None),
        (Some(VerifyCa | Require), Authorities::Named(_)) => Mode::On(Proof::Certificate),
        (Some(Require), Authorities::BuiltIn) if is_local => Mode::On(Proof::None),
        (None | Some(Prefer), Authorities::BuiltIn | Authorities::Named(_)) if is_local => Mode::IfNeeded,
        // This includes `verify-ca` with authorities that certify everyone, where only the name in a certificate says whose it is.
        _ => Mode::On(Proof::CertificateAndName),
    })
}
