//! Properties that the parsers of untrusted input must have for any input.
//!
//! There is a function for each parser. It parses any bytes as the service does, panics if a property does not hold, and
//! returns whether the input was accepted. The fuzz targets call it with inputs that find new paths through the code. The tests
//! call it with random inputs and with mutated valid ones.

#![expect(clippy::unwrap_used, reason = "a panic reports that a property does not hold")]

mod body;
mod key_set;
mod list_query;
mod rejection;
mod token;

#[cfg(test)]
mod tests;

pub use self::{body::body, key_set::key_set, list_query::list_query, token::token};
