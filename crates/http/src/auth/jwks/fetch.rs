//! Fetching the key set over HTTP.

use async_trait::async_trait;
use domain::BoxError;
use reqwest::{Client, StatusCode, redirect};
use url::Url;

use super::{
    fetch_error::{FetchError, Reason, TIMEOUT},
    source::KeySource,
};
use crate::trace_context::{TRACEPARENT, TraceContext};

/// Names the service to firewalls. Many of them reject requests without it.
const USER_AGENT: &str = concat!("tasks-api/", env!("CARGO_PKG_VERSION"));

/// The maximum size of a key set in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A key set at a URL. Redirects are not followed: keys come only from the address that the operator configured.
pub struct HttpKeySource {
    client: Client,
    url: Url,
}

impl HttpKeySource {
    /// The key set at `url`.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn new(url: Url) -> Result<Self, BoxError> {
        let client = Client::builder().user_agent(USER_AGENT).timeout(TIMEOUT).redirect(redirect::Policy::none());
        // Without TLS, keys come only from a private host. A proxy may not reach that host, and could change the keys.
        let client = if url.scheme() == "http" { client.no_proxy() } else { client };
        Ok(Self { client: client.build()?, url })
    }

    async fn body(&self) -> Result<Vec<u8>, Reason> {
        let mut request = self.client.get(self.url.clone()).header("accept", "application/json");
        if let Some(context) = TraceContext::current() {
            request = request.header(TRACEPARENT.as_str(), context.to_string());
        }
        let mut response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(Reason::of_response(&self.url, response.status(), response.headers()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(Reason::TooLarge(MAX_BYTES));
            }
            body.extend_from_slice(&chunk);
        }
        // A sign-in page or an error page.
        if body.trim_ascii_start().starts_with(b"<") { Err(Reason::Html) } else { Ok(body) }
    }
}

#[async_trait]
impl KeySource for HttpKeySource {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        self.body().await.map_err(|reason| FetchError::new(&self.url, reason).into())
    }
}
