//! Limits on load. The middleware enforces them.

pub(crate) mod client_address;
mod rate;
pub(crate) mod rejected;
pub(crate) mod state;
pub(crate) mod user_rate;
