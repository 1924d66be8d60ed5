//! Gives handlers the use-cases of the verified user.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use domain::{Identity, OwnerService, Service};
use serde::Deserialize;

use crate::{
    input::path::parameters,
    output::{code::ErrorCode, error::ApiError},
    style::Style,
};

/// The user named by the token of a request. Only the authentication middleware creates one.
pub(crate) struct Authenticated(pub(crate) Identity);

/// The use-cases, not yet bound to a user. Only this file can access them.
#[derive(Clone)]
pub(crate) struct Unbound(Service);

impl Unbound {
    pub(crate) fn new(service: Service) -> Self {
        Self(service)
    }
}

/// The use-cases, bound to the token's user. Handlers have no other access to resources.
pub(crate) struct Owner(pub(crate) OwnerService);

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(owner(request))
    }
}

fn owner(request: &HttpRequest) -> Result<Owner, ApiError> {
    #[derive(Deserialize)]
    struct User {
        user_id: String,
    }

    let Some(Authenticated(identity)) = request.extensions_mut().remove::<Authenticated>() else {
        return Err(ApiError::internal("a route that needs an owner is not behind the authentication"));
    };
    if Style::of(request) == Style::Path {
        let User { user_id } = parameters(request)?;
        if user_id != identity.id.as_str() {
            // The user in the path is not logged: it can be any text.
            tracing::warn!(security = true, "rejected: the path names another user than the token");
            return Err(ApiError::new(ErrorCode::Forbidden).with_message("the path names another user than the token"));
        }
    }
    match request.app_data::<Unbound>() {
        Some(Unbound(service)) => Ok(Owner(service.for_owner(identity))),
        None => Err(ApiError::internal("the application was built without use-cases")),
    }
}
