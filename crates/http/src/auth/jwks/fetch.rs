//! Fetching the key set over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use domain::BoxError;
use reqwest::{Client, StatusCode, redirect};

use super::source::KeySource;
use crate::trace_context::{TRACEPARENT, TraceContext};

/// How long a fetch may take, from the first packet to the last.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum size of a key set in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A key set at a URL. Redirects are not followed: keys come only from the address that the operator configured.
pub struct HttpKeySource {
    client: Client,
    url: String,
}

impl HttpKeySource {
    /// The key set at `url`.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn new(url: String) -> Result<Self, BoxError> {
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        // Without TLS, keys come only from a private host. A proxy may not reach that host, and could change the keys.
        let client = if url.starts_with("http:") { client.no_proxy() } else { client };
        Ok(Self { client: client.build()?, url })
    }
}

#[async_trait]
impl KeySource for HttpKeySource {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        let mut request = self.client.get(&self.url).header("accept", "application/json");
        if let Some(context) = TraceContext::current() {
            request = request.header(TRACEPARENT.as_str(), context.to_string());
        }
        let mut response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(format!("its address answered with {}", response.status()).into());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(format!("the key set is larger than {MAX_BYTES} bytes").into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
