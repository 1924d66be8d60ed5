//! Routes outside of the API: health checks and documentation.

pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod lifecycle;
pub(crate) mod readiness;
