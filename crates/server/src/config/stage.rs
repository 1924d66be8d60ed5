//! Development or production.

/// What kind of place the service runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Development,
    Production,
}
