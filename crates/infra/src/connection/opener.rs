//! Opens connections over tokio-postgres, to where those of sqlx go.

use std::{fs, path::PathBuf, pin::Pin, sync::Arc};

use domain::BoxError;
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_postgres::{
    Client, Config, NoTls,
    config::{ChannelBinding, SslMode},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// Asks a server to go on with TLS: length and code, as the
/// [protocol](https://www.postgresql.org/docs/current/protocol-message-formats.html) has it.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What has to run for statements to be sent and answered.
pub(super) type Driver = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// Opens connections over tokio-postgres.
#[derive(Clone)]
pub(crate) struct Opener {
    config: Config,
    place: Place,
}

#[derive(Clone)]
enum Place {
    /// Unencrypted, on this machine or because the URL says so.
    Tcp(String, u16),
    /// Encrypted, by a server that must prove who it is, to one of the usual authorities or to that of this certificate.
    Tls(String, u16, Option<String>),
    #[cfg(unix)]
    Socket(PathBuf),
}

impl Opener {
    /// `None` where the options ask for what is not made here: a certificate of the client, or one of the server without its
    /// name.
    pub(crate) fn new(options: &PgConnectOptions) -> Option<Self> {
        // The rest of what a URL says, which the options do not tell. Their names are replaced, for they would not be encoded.
        let url = options.clone().username("user").host("host").to_url_lossy();
        let parameter =
            |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
        if parameter("sslcert").is_some() || parameter("sslkey").is_some() {
            return None;
        }
        let (host, port) = (options.get_host().to_owned(), options.get_port());
        // Without a host in the URL, sqlx has the directory of the socket in its place.
        let socket = options.get_socket().cloned().or_else(|| host.starts_with('/').then(|| PathBuf::from(&host)));
        let place = match (socket, options.get_ssl_mode()) {
            #[cfg(unix)]
            (Some(directory), _) => Place::Socket(directory.join(format!(".s.PGSQL.{port}"))),
            (None, PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer) => Place::Tcp(host, port),
            (None, PgSslMode::VerifyFull) => Place::Tls(host, port, parameter("sslrootcert")),
            _ => return None,
        };
        let mut config = Config::new();
        // It is secured before this is looked at.
        config.ssl_mode(SslMode::Disable).channel_binding(ChannelBinding::Disable);
        config.user(options.get_username()).dbname(options.get_database().unwrap_or(options.get_username()));
        if let Some(password) = url.password() {
            config.password(percent_encoding::percent_decode_str(password).collect::<Vec<u8>>());
        }
        if let Some(name) = options.get_application_name() {
            config.application_name(name);
        }
        if let Some(settings) = options.get_options() {
            config.options(settings);
        }
        Some(Self { config, place })
    }

    pub(super) async fn connect(&self) -> Result<(Client, Driver), BoxError> {
        match &self.place {
            Place::Tcp(host, port) => self.begin(tcp(host, *port).await?).await,
            Place::Tls(host, port, authority) => {
                let stream = secured(tcp(host, *port).await?, host, authority.as_deref()).await?;
                self.begin(stream).await
            }
            #[cfg(unix)]
            Place::Socket(path) => self.begin(tokio::net::UnixStream::connect(path).await?).await,
        }
    }

    async fn begin<S>(&self, stream: S) -> Result<(Client, Driver), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        Ok((client, Box::pin(connection)))
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, BoxError> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn secured(
    mut stream: TcpStream,
    host: &str,
    authority: Option<&str>,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, BoxError> {
    stream.write_all(&SSL_REQUEST).await?;
    if stream.read_u8().await? != b'S' {
        return Err("the server does not offer TLS".into());
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(authority) = authority {
        // So sqlx tells a file. Otherwise this is the certificate itself.
        let pem = authority.strip_prefix("file: ").map_or_else(|| Ok(authority.into()), fs::read)?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate?)?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())?;
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

#[cfg(test)]
mod tests;
