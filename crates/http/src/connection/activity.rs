//! What a connection is doing.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::time::Instant;

/// How long the head of a request may take to arrive, from its first byte. The framework has the same limit for the first one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What a connection is doing. The stream and the requests of the connection share it. Clones share the state.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Rc<State>);

#[derive(Debug)]
struct State {
    is_handling: Cell<bool>,
    /// When the first byte of a head arrived that is not complete yet.
    head_since: Cell<Option<Instant>>,
    /// When the last response began; before the first one, when the connection was opened.
    responded_at: Cell<Instant>,
    /// Whether the bytes that arrived last end a head.
    ends_head: Cell<bool>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Rc::new(State {
            is_handling: Cell::new(false),
            head_since: Cell::new(None),
            responded_at: Cell::new(Instant::now()),
            ends_head: Cell::new(true),
        }))
    }

    /// These bytes have arrived.
    pub(super) fn received(&self, bytes: &[u8]) {
        let state = &self.0;
        state.ends_head.set(bytes.ends_with(b"\n\r\n"));
        if !state.is_handling.get() && state.head_since.get().is_none() {
            state.head_since.set(Some(Instant::now()));
        }
    }

    /// The head of a request is complete.
    pub(crate) fn begin_request(&self) {
        self.0.is_handling.set(true);
        self.0.head_since.set(None);
    }

    /// The response begins.
    pub(crate) fn begin_response(&self, request_has_body: bool) {
        let (state, now) = (&self.0, Instant::now());
        state.is_handling.set(false);
        state.responded_at.set(now);
        // The beginning of another head arrived with the request. Its other bytes may never arrive.
        if !request_has_body && !state.ends_head.get() {
            state.head_since.set(Some(now));
        }
    }

    /// Whether a request is being handled.
    pub(super) fn is_handling(&self) -> bool {
        self.0.is_handling.get()
    }

    /// When the head must be complete, if a part of one has arrived.
    pub(super) fn head_deadline(&self) -> Option<Instant> {
        self.0.head_since.get().map(|since| since + HEAD_TIMEOUT)
    }

    /// When the last response began.
    pub(super) fn responded_at(&self) -> Instant {
        self.0.responded_at.get()
    }
}
