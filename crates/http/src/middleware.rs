//! The middleware, in running order. [`app`](crate::app()) puts it together.
//!
//! Around every request:
//!
//! 1. [`activity`] tells the connection when a request is being handled.
//! 2. [`unread_body`] keeps an unread body until the response is sent.
//! 3. [`response_headers`] adds the headers that every response has.
//! 4. [`trace`] opens the span of the request and logs one line for it. [`lines`] says which requests share one.
//! 5. [`metrics`] counts the request.
//! 6. [`cors`] answers preflight requests, and lets pages of allowed origins read the responses.
//! 7. [`envelope`] turns errors, panics and requests that take too long into error responses.
//!
//! Around requests under `/api`, after these:
//!
//! 8. [`authentication`] verifies the token, unless its address has received too many 401 responses.
//! 9. [`user_limit`] limits the requests of a user.
//!
//! What the handler needs is then read and checked, and [`admission`](crate::admission) limits how many handlers run at once.
//!
//! [`pattern`] finds the name of the route for 4 and 5.

pub(crate) mod activity;
pub(crate) mod authentication;
pub(crate) mod cors;
pub(crate) mod envelope;
pub(crate) mod lines;
pub(crate) mod metrics;
pub(crate) mod pattern;
pub(crate) mod response_headers;
pub(crate) mod trace;
pub(crate) mod unread_body;
pub(crate) mod user_limit;
