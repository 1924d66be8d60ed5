//! Development or production.

/// The kind of environment in which the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Development,
    Production,
}
