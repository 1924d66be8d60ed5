//! All faults, a file for each group.

mod crash;
mod restart;
mod start;
mod stop;

use crate::Fault;

/// Every check, in the order in which they run.
pub(crate) fn all() -> Vec<Fault> {
    [restart::faults(), crash::faults(), stop::faults(), start::faults(), crate::history::faults()]
        .into_iter()
        .flatten()
        .collect()
}
