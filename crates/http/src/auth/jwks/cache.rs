//! When the key set is fetched, and what holds until then.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{sync::Mutex, time::Instant};
use tracing::Instrument;

use super::{
    KeySource,
    key_set::{Key, KeySet},
};
use crate::{
    auth::{Refusal, Rejection},
    trace_context::TraceContext,
};

/// How often the set is fetched when nothing else asks for it. A key that was removed is good for that long at most.
const REFRESH: Duration = Duration::from_mins(10);

/// In what time there are at most two fetches, whoever asks: anyone can send tokens with unknown key ids. Two, because a
/// key may be made while the set is on its way, and because the first fetch of all is no reason to miss a rotation.
const COOLDOWN: Duration = Duration::from_secs(30);

/// The same, as long as there has never been a set.
const START_COOLDOWN: Duration = Duration::from_secs(1);

/// For how long keys are good while no newer set can be had.
const MAX_AGE: Duration = Duration::from_hours(24);

/// The last good key set, kept until there is a newer one.
pub(super) struct KeyCache {
    source: Arc<dyn KeySource>,
    current: ArcSwapOption<Fetched>,
    /// Held during a fetch, so that there is one at a time.
    attempts: Mutex<Attempts>,
}

#[derive(Default)]
struct Attempts {
    /// When the last two fetches were begun, the newer one last.
    begun: [Option<Instant>; 2],
    /// When the last one ended, if it failed.
    failed: Option<Instant>,
}

struct Fetched {
    keys: KeySet,
    at: Instant,
}

impl KeyCache {
    pub(super) fn new(source: Arc<dyn KeySource>) -> Self {
        Self { source, current: ArcSwapOption::empty(), attempts: Mutex::default() }
    }

    /// Whether there are keys that are not too old.
    pub(super) fn is_usable(&self) -> bool {
        self.usable().is_some()
    }

    /// How old the set is, usable or not.
    pub(super) fn age(&self) -> Option<Duration> {
        self.current.load().as_ref().map(|set| set.at.elapsed())
    }

    /// Whether the set still has this very key under this id.
    pub(super) fn still_has(&self, id: &str, key: &Arc<Key>) -> bool {
        self.usable().and_then(|set| set.keys.get(id)).is_some_and(|current| Arc::ptr_eq(&current, key))
    }

    /// The key with this id. One that is not known is looked for in a newer set, if there may be one by now.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownKey`], or [`Refusal::Unavailable`] if there is no set that is new enough to say so.
    pub(super) async fn key(self: &Arc<Self>, id: &str) -> Result<Arc<Key>, Refusal> {
        if let Some(key) = self.usable().and_then(|set| set.keys.get(id)) {
            return Ok(key);
        }
        // In a task of its own: a client that hangs up must not break off a fetch that others wait for.
        let (cache, wanted) = (self.clone(), id.to_owned());
        let refresh = async move { cache.refresh_unless_recent(Some(&wanted)).await };
        // It stays part of the request's trace, in the log too.
        let refresh = TraceContext::carry(refresh).in_current_span();
        let refreshed = tokio::spawn(refresh).await;
        let is_fresh = refreshed.map_err(|error| Refusal::Unavailable(error.into()))?;
        match self.usable().and_then(|set| set.keys.get(id)) {
            Some(key) => Ok(key),
            None if is_fresh => Err(Rejection::UnknownKey.into()),
            // The key may be in the set that could not be had.
            None => Err(Refusal::Unavailable("the key set cannot be fetched".into())),
        }
    }

    /// Fetches the set again and again; never ends.
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

    /// Fetches the set, unless that was tried a moment ago, or someone else's fetch has brought the key that is wanted. True
    /// if the set is as new as can be.
    async fn refresh_unless_recent(&self, wanted: Option<&str>) -> bool {
        let asked = Instant::now();
        let mut attempts = self.attempts.lock().await;
        let [older, newer] = attempts.begun;
        // One that was begun after this was asked for has all that this could find. One that failed meanwhile was waited for:
        // another, that may hang as well, is not.
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
                attempts.failed = None;
                true
            }
            Err(error) => {
                attempts.failed = Some(Instant::now());
                let age_seconds = previous.map(|set| set.at.elapsed().as_secs());
                tracing::warn!(
                    error,
                    age_seconds,
                    "the key set could not be fetched; one that was is used on: does the app have the jwt plugin?"
                );
                false
            }
        }
    }

    fn usable(&self) -> Option<Arc<Fetched>> {
        self.current.load_full().filter(|set| set.at.elapsed() < MAX_AGE)
    }
}

/// Up to a tenth more, so that replicas that started together do not ask together for ever.
fn with_jitter(span: Duration) -> Duration {
    let thousandths = u32::try_from(RandomState::new().build_hasher().finish() % 100).unwrap_or(0);
    span + span / 1000 * thousandths
}
