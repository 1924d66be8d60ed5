//! Limits on load, for the middleware and for the routes of the API.

mod bucket;
pub(crate) mod client_address;
pub(crate) mod in_flight;
pub(crate) mod log_rate;
mod rate;
pub(crate) mod rejected;
pub(crate) mod state;
mod summed;
pub(crate) mod unauthorized;
pub(crate) mod user_rate;
