use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::BoxError;
use http::KeySource;
use serde_json::Value;
use tokio::time::sleep;

/// A publisher of keys whose behaviour can be changed.
pub struct Publisher {
    answer: Mutex<Option<Vec<u8>>>,
    delay: Duration,
    fetches: AtomicUsize,
}

#[async_trait]
impl KeySource for Publisher {
    async fn fetch(&self) -> Result<Vec<u8>, BoxError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        sleep(self.delay).await;
        self.answer.lock().unwrap().clone().ok_or_else(|| "connection refused".into())
    }
}

impl Publisher {
    pub fn new(answer: Option<Value>) -> Arc<Self> {
        Self::slow(answer, Duration::from_millis(10))
    }

    pub fn slow(answer: Option<Value>, delay: Duration) -> Arc<Self> {
        let answer = Mutex::new(answer.map(|json| json.to_string().into_bytes()));
        Arc::new(Self { answer, delay, fetches: AtomicUsize::new(0) })
    }

    pub fn publish(&self, answer: Option<&[u8]>) {
        *self.answer.lock().unwrap() = answer.map(ToOwned::to_owned);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}
