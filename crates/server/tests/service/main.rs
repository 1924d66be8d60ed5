//! The real binary, on the real databases.

#![expect(unreachable_pub, reason = "nothing outside a test can reach into it")]

mod corpus;
mod log;
mod start;
mod stop;
mod story;
mod support;
