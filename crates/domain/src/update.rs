//! Changes of any resource.

use crate::Version;

/// The change of an optional field in an update.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    /// Keeps the value.
    #[default]
    Keep,
    /// Removes the value.
    Clear,
    /// Replaces the value.
    Set(T),
}

impl<T: Clone> FieldChange<T> {
    /// Applies the change to a field.
    pub fn apply(&self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.clone()),
        }
    }
}

/// The required version of a row for a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Any version.
    #[default]
    None,
    /// One of these versions, which the caller has seen.
    Version(Vec<Version>),
    /// None of these versions.
    NotVersion(Vec<Version>),
}

impl Precondition {
    /// Whether a row of this version may be changed.
    #[must_use]
    pub fn allows(&self, version: Version) -> bool {
        match self {
            Self::None => true,
            Self::Version(versions) => versions.contains(&version),
            Self::NotVersion(versions) => !versions.contains(&version),
        }
    }
}

/// The outcome of an update or a delete of a resource `R`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateOutcome<R, T = R> {
    /// The change took place.
    Done(T),
    /// The owner has no such resource.
    Absent,
    /// Nothing was changed, because the version does not match the precondition. This is the present state.
    Stale(R),
}
