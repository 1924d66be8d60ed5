//! Parameters in the query.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use validator::ValidationErrors;

use super::fields::Fields;
use crate::output::error::ApiError;

/// A type that is parsed from the parameters of a query.
pub(crate) trait FromParameters: Sized {
    /// Parses all parameters.
    ///
    /// # Errors
    ///
    /// Every fault, with its parameter.
    fn from_parameters(parameters: Fields<String>) -> Result<Self, ValidationErrors>;
}

/// The query of a request.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromParameters> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

/// Reads a query.
///
/// # Errors
///
/// `VALIDATION_ERROR`.
pub(crate) fn parse<T: FromParameters>(text: &str) -> Result<T, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text);
    let pairs = pairs.map_err(|error| ApiError::internal(error.to_string()))?;
    let mut fields = Fields::default();
    for (name, value) in pairs.into_inner() {
        fields.insert(name, value);
    }
    Ok(T::from_parameters(fields)?)
}
