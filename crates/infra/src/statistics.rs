//! Statistics of the database.

use std::iter::Sum;

use pg_executor::Statistics;

/// The state of the connections to the database, and counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseStatistics {
    /// The connections and what was run over them. Only the executor pipelines reads and groups writes.
    pub connections: Statistics,
    /// How many statements the database rejected because of input that validation should have rejected.
    pub validation_gaps: u64,
}

impl Sum for DatabaseStatistics {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            connections: [sum.connections, one.connections].into_iter().sum(),
            validation_gaps: sum.validation_gaps + one.validation_gaps,
        })
    }
}
