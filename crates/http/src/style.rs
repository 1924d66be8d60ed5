//! The two route styles over one core.

use actix_web::{HttpRequest, http::StatusCode};

/// How a route names the user. A handler is written once; the style is a property of the route it was reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `/api/tasks…`: the token alone says who is asking.
    Token,
    /// `/api/{user_id}/tasks…`: the path says it too, and must agree with the token.
    Path,
}

impl Style {
    /// Both styles.
    pub const ALL: [Self; 2] = [Self::Token, Self::Path];

    /// What stands before the path of an [`Endpoint`](crate::Endpoint).
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Token => "/api",
            Self::Path => "/api/{user_id}",
        }
    }

    /// The status of a validation failure: the clients of each style were written for another one.
    #[must_use]
    pub fn validation_status(self) -> StatusCode {
        match self {
            Self::Token => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Path => StatusCode::BAD_REQUEST,
        }
    }

    /// The style of the route that a request reached; the token style where it reached none.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.app_data().copied().unwrap_or(Self::Token)
    }
}
