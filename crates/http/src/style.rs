//! The two route styles.

use actix_web::HttpRequest;

/// How a route names the user. Handlers are the same for both styles; the style is a property of the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `/api/tasks…`: the token alone names the user.
    Token,
    /// `/api/{user_id}/tasks…`: the path names the user too, and must agree with the token.
    Path,
}

impl Style {
    /// Both styles.
    pub const ALL: [Self; 2] = [Self::Token, Self::Path];

    /// The prefix of the path of an [`Endpoint`](crate::Endpoint).
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Token => "/api",
            Self::Path => "/api/{user_id}",
        }
    }

    /// The style of the route that the request matched; the token style if it matched none.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.app_data().copied().unwrap_or(Self::Token)
    }
}
