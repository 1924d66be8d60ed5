//! Which requests get log lines of their own. Those of verified users do, since their number is limited. Of the others only a
//! few of each address do, and the rest is summed up.

use actix_web::{HttpMessage, HttpRequest};

use crate::limits::state::Limits;

/// Attached to a request of a verified user.
pub(crate) struct Verified;

/// Whether a request without a verified user gets its own lines, attached to it.
struct Due(bool);

/// Whether this request gets its own lines. All calls for a request return the same.
pub(crate) fn are_due(limits: &Limits, request: &HttpRequest) -> bool {
    let mut extensions = request.extensions_mut();
    if extensions.contains::<Verified>() {
        return true;
    }
    if let Some(Due(due)) = extensions.get() {
        return *due;
    }
    let due = limits.log_rate().may_log(limits.client_of(request));
    extensions.insert(Due(due));
    due
}
