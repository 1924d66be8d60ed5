//! Which of the threads that serve this is.

use std::cell::Cell;

thread_local! {
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// None on a thread that does not serve.
pub(super) fn number() -> Option<usize> {
    NUMBER.get()
}

/// Gives this thread a number, unless it has one.
pub(super) fn number_with(next: impl FnOnce() -> usize) {
    if number().is_none() {
        NUMBER.set(Some(next()));
    }
}
