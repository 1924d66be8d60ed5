//! Limits on load. The middleware enforces them.

mod address_rate;
pub(crate) mod client_address;
pub(crate) mod in_flight;
mod log_lines;
mod rate;
pub(crate) mod rejected;
pub(crate) mod state;
pub(crate) mod user_rate;
