//! The rate limit of a user.

use std::num::NonZeroU32;

use actix_web::http::header::{HeaderMap, HeaderValue};
use domain::OwnerId;

use super::rate::Rate;
use crate::output::headers::{RATE_LIMIT_NAME, RATE_LIMIT_POLICY_NAME};

/// A separate request rate limit for each user.
pub(crate) struct UserRate {
    rate: Rate<OwnerId>,
    /// The value of the header that describes the limit.
    policy: HeaderValue,
}

impl UserRate {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let policy = header_value(format!(r#""user";q={per_second};w=1"#));
        Self { rate: Rate::new(per_second), policy }
    }

    /// Counts a request and returns how many are left; `None` if there were too many.
    pub(crate) fn take(&self, user: &OwnerId) -> Option<u32> {
        self.rate.take(user)
    }

    /// Adds the headers of draft-ietf-httpapi-ratelimit-headers. After a second the whole limit is available again.
    pub(crate) fn describe(&self, remaining: u32, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_POLICY_NAME, self.policy.clone());
        headers.insert(RATE_LIMIT_NAME, header_value(format!(r#""user";r={remaining};t=1"#)));
    }

    pub(super) fn rate(&self) -> &Rate<OwnerId> {
        &self.rate
    }
}

fn header_value(ascii: String) -> HeaderValue {
    HeaderValue::try_from(ascii).unwrap_or(HeaderValue::from_static(""))
}
