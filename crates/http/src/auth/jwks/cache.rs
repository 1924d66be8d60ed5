//! The last key set, and when the next one is fetched.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};
use tracing::Instrument;

use super::{
    key_set::{Key, KeySet},
    source::KeySource,
};
use crate::{
    auth::rejection::{Rejection, VerifyError},
    output::error::chain,
    trace_context::TraceContext,
};

/// How often the set is fetched if no token causes a fetch. A removed key is accepted for at most that long.
const REFRESH: Duration = Duration::from_mins(10);

/// At most two fetches begin within this time, because anyone can send tokens with unknown key ids. Two rather than one,
/// because a key may be created during a fetch, and a rotation right after the start must be noticed.
const COOLDOWN: Duration = Duration::from_secs(30);

/// The same limit before the first set has been fetched.
const START_COOLDOWN: Duration = Duration::from_secs(1);

/// How long keys stay valid while no newer set can be fetched.
const MAX_AGE: Duration = Duration::from_hours(24);

/// How many requests may wait for a fetch. Anyone can send tokens with unknown key ids, and a fetch may hang.
const MAX_WAITING: usize = 16;

/// The last valid key set, kept until there is a newer one.
pub(super) struct KeyCache {
    source: Arc<dyn KeySource>,
    current: ArcSwapOption<Fetched>,
    /// Why the last fetch failed; empty if it succeeded.
    failure: ArcSwapOption<String>,
    /// Locked during a fetch, so that there is one at a time.
    attempts: Mutex<Attempts>,
    waiting: Arc<Semaphore>,
}

#[derive(Default)]
struct Attempts {
    /// When the last two fetches began, in order.
    begun: [Option<Instant>; 2],
    /// When the last fetch ended, if it failed.
    failed: Option<Instant>,
}

struct Fetched {
    keys: KeySet,
    at: Instant,
}

impl KeyCache {
    pub(super) fn new(source: Arc<dyn KeySource>) -> Self {
        Self {
            source,
            current: ArcSwapOption::empty(),
            failure: ArcSwapOption::empty(),
            attempts: Mutex::default(),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// Whether there is a set that is not too old.
    pub(super) fn is_usable(&self) -> bool {
        self.usable().is_some()
    }

    /// Why there is no newer set, in one line.
    pub(super) fn failure(&self) -> String {
        match &*self.failure.load() {
            Some(cause) => format!("the key set cannot be fetched: {cause}"),
            None => "the key set has not been fetched yet".to_owned(),
        }
    }

    /// The age of the set, usable or not.
    pub(super) fn age(&self) -> Option<Duration> {
        self.current.load().as_ref().map(|set| set.at.elapsed())
    }

    /// Whether the set still has this key under this id.
    pub(super) fn still_has(&self, id: &str, key: &Arc<Key>) -> bool {
        self.usable().and_then(|set| set.keys.get(id)).is_some_and(|current| Arc::ptr_eq(&current, key))
    }

    /// The key with this id. If it is unknown, a newer set is fetched, unless a fetch began a moment ago.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownKey`], or [`VerifyError::Unavailable`] if no set is new enough to decide, or too many requests wait for
    /// one.
    pub(super) async fn key(self: &Arc<Self>, id: &str) -> Result<Arc<Key>, VerifyError> {
        if let Some(key) = self.usable().and_then(|set| set.keys.get(id)) {
            return Ok(key);
        }
        let turn = self.waiting.clone().try_acquire_owned();
        let turn =
            turn.map_err(|_none_is_free| VerifyError::Unavailable("too many requests wait for the key set".into()))?;
        // In its own task: a client that disconnects must not cancel a fetch for which others wait.
        let (cache, wanted) = (self.clone(), id.to_owned());
        let refresh = async move {
            let _until_done = turn;
            cache.refresh_unless_recent(Some(&wanted)).await
        };
        // The fetch stays part of the request's trace, also in the log.
        let refresh = TraceContext::carry(refresh).in_current_span();
        let refreshed = tokio::spawn(refresh).await;
        let is_fresh = refreshed.map_err(|panicked| VerifyError::Failed(panicked.into()))?;
        match self.usable().and_then(|set| set.keys.get(id)) {
            Some(key) => Ok(key),
            None if is_fresh => Err(Rejection::UnknownKey.into()),
            // The key may be in the set that could not be fetched.
            None => Err(VerifyError::Unavailable(self.failure().into())),
        }
    }

    /// Fetches the set periodically. Never returns.
    pub(super) async fn keep_fresh(&self) {
        loop {
            let is_fresh = self.refresh_unless_recent(None).await;
            let pause = match (is_fresh, self.is_usable()) {
                (true, _) => with_jitter(REFRESH),
                (false, true) => COOLDOWN,
                (false, false) => START_COOLDOWN,
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Fetches the set, unless that was tried a moment ago or another fetch has returned the wanted key. Returns whether the
    /// set is as new as possible.
    async fn refresh_unless_recent(&self, wanted: Option<&str>) -> bool {
        let asked = Instant::now();
        let mut attempts = self.attempts.lock().await;
        let [older, newer] = attempts.begun;
        // A fetch that began after this call makes another one unnecessary. A fetch that failed during this call is not
        // repeated, because the next one may hang as well.
        let is_answered = newer.is_some_and(|at| at >= asked)
            || attempts.failed.is_some_and(|at| at >= asked)
            || wanted.is_some_and(|id| self.usable().is_some_and(|set| set.keys.get(id).is_some()));
        let must_wait = if self.current.load().is_some() {
            older.is_some_and(|at| at.elapsed() < COOLDOWN)
        } else {
            newer.is_some_and(|at| at.elapsed() < START_COOLDOWN)
        };
        if is_answered || must_wait {
            let is_new = self.current.load().as_ref().is_some_and(|set| set.at.elapsed() < COOLDOWN);
            return is_new && attempts.failed.is_none();
        }
        attempts.begun = [newer, Some(Instant::now())];

        let previous = self.current.load_full();
        let fetched = self.source.fetch().await;
        match fetched.and_then(|json| KeySet::parse(&json, previous.as_deref().map(|set| &set.keys))) {
            Ok(keys) => {
                self.current.store(Some(Arc::new(Fetched { keys, at: Instant::now() })));
                self.failure.store(None);
                attempts.failed = None;
                true
            }
            Err(error) => {
                attempts.failed = Some(Instant::now());
                let age_seconds = previous.map(|set| set.at.elapsed().as_secs());
                let error = chain(&*error);
                if age_seconds.is_some() {
                    tracing::warn!(error, age_seconds, "the key set could not be fetched; the last one stays in use");
                } else {
                    tracing::warn!(error, "the key set could not be fetched");
                }
                self.failure.store(Some(Arc::new(error)));
                false
            }
        }
    }

    fn usable(&self) -> Option<Arc<Fetched>> {
        self.current.load_full().filter(|set| set.at.elapsed() < MAX_AGE)
    }
}

/// Adds up to a tenth, so that replicas that started together do not keep fetching together.
fn with_jitter(span: Duration) -> Duration {
    let thousandths = u32::try_from(RandomState::new().build_hasher().finish() % 100).unwrap_or(0);
    span + span / 1000 * thousandths
}
