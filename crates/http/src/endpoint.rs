//! The declaration of an endpoint. Registration, the OpenAPI document and the tests derive from it.

use actix_web::http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::{
    admission::ApiRoute,
    input::{fields::InputFields, headers::RequestHeader},
    output::{body::Example, code::ErrorCode, headers::ResponseHeader},
    style::Style,
    wire::Described,
};

/// A kind of thing that the API manages, such as tasks.
pub(crate) struct Resource {
    pub(crate) endpoints: &'static [Endpoint],
    /// One of it, as responses show it.
    pub(crate) shown: BodyType,
}

/// A route of the API, served under the prefix of each [`Style`].
pub struct Endpoint {
    /// The method. `HEAD` is served wherever `GET` is.
    pub method: Method,
    /// The path after the style's prefix, such as `/tasks/{id}`. The path with a trailing slash is served too.
    pub path: &'static str,
    /// The parameters in [`path`](Self::path).
    pub path_parameters: &'static [PathParameter],
    /// The name, unique within a style.
    pub name: &'static str,
    /// A short summary.
    pub(crate) summary: &'static str,
    /// Further details for clients.
    pub(crate) description: &'static str,
    /// The input, besides the path and the headers.
    pub(crate) input: Input,
    /// The request headers that only some endpoints read.
    pub(crate) request_headers: &'static [RequestHeader],
    /// The successful response.
    pub(crate) success: Success,
    /// The errors, besides those that every endpoint returns.
    pub(crate) errors: &'static [ErrorCode],
    /// Registers the handler with a route.
    pub(crate) handler: fn(ApiRoute) -> ApiRoute,
}

impl Endpoint {
    /// The whole path in one style.
    #[must_use]
    pub fn full_path(&self, style: Style) -> String {
        format!("{}{}", style.prefix(), self.path)
    }

    /// The status of a successful response.
    #[must_use]
    pub fn success_status(&self) -> StatusCode {
        self.success.status
    }

    /// The resource that the endpoint belongs to: the first segment of its path.
    #[must_use]
    pub fn resource(&self) -> &'static str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}

/// A parameter in the path.
pub struct PathParameter {
    /// Its name, as in `{name}`.
    pub name: &'static str,
    pub(crate) schema: fn() -> Schema,
}

impl PathParameter {
    /// A parameter that is parsed as a `T`.
    pub(crate) const fn of<T: Described>(name: &'static str) -> Self {
        Self { name, schema: T::schema }
    }
}

/// The input of an endpoint, besides the path and the headers.
pub(crate) enum Input {
    /// Nothing.
    Nothing,
    /// Parameters in the query.
    Query(Parameters),
    /// A JSON object in the body.
    Body(BodyType),
    /// Like [`Body`](Self::Body), but optional.
    OptionalBody(BodyType),
}

/// The parameters of a query.
#[derive(Clone, Copy)]
pub(crate) struct Parameters(pub(crate) fn() -> Vec<(&'static str, Schema)>);

impl Parameters {
    /// A parameter for each field of `T`.
    pub(crate) const fn of<T: InputFields<String>>() -> Self {
        Self(T::properties)
    }
}

/// The successful response.
pub(crate) struct Success {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body, if there is one.
    pub(crate) body: Option<BodyType>,
    /// The headers, besides those of every response.
    pub(crate) headers: &'static [ResponseHeader],
}

/// The type of a body.
#[derive(Clone, Copy)]
pub(crate) struct BodyType {
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) example: Option<fn() -> Value>,
}

impl BodyType {
    /// The body of a request.
    pub(crate) const fn of<T: JsonSchema>() -> Self {
        Self { schema: SchemaGenerator::subschema_for::<T>, example: None }
    }

    /// The body of a response.
    pub(crate) const fn shown<T: Example>() -> Self {
        Self { schema: SchemaGenerator::subschema_for::<T>, example: Some(T::example) }
    }
}
