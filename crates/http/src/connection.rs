//! Connections of clients: how many there may be, and how long each may hold what it takes.
//!
//! The framework limits the time for the first head of a connection only
//! (<https://github.com/actix/actix-web/issues/928>), and a client may take forever to read a response. So the stream below
//! the framework has limits of its own (decision 24).

pub(crate) mod activity;
pub(crate) mod admission;
pub(crate) mod stream;
