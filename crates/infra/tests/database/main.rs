//! What this crate promises, on both databases.

mod contract;
