//! Parameters in the path.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::Deserialize;

use crate::output::error::ApiError;

/// The parameter `{id}`. Text that is not an id names no resource: 404.
pub(crate) struct IdInPath<T>(pub(crate) T);

#[derive(Deserialize)]
struct IdParameter {
    id: String,
}

impl<T: for<'a> TryFrom<&'a str>> FromRequest for IdInPath<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = parameters(request)
            .and_then(|IdParameter { id }| T::try_from(&id).map_err(|_names_no_resource| ApiError::not_found()));
        ready(id.map(Self))
    }
}

/// The parameters in the path, decoded.
///
/// # Errors
///
/// `NOT_FOUND` if the path does not have them.
pub(crate) fn parameters<T: for<'de> Deserialize<'de> + 'static>(request: &HttpRequest) -> Result<T, ApiError> {
    let mut no_body = Payload::None;
    let path = web::Path::<T>::from_request(request, &mut no_body).into_inner();
    path.map(web::Path::into_inner).map_err(|_names_nothing| ApiError::not_found())
}
