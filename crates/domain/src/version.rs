//! Versions of a resource.

/// The version of a row: 1 when it is created, one more with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of a row that was just created.
    pub const FIRST: Self = Self(1);

    /// The version as a number.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }

    /// The version after one more change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<i64> for Version {
    fn from(number: i64) -> Self {
        Self(number)
    }
}
