//! What handlers ask of a request.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use domain::{OwnerService, Service, TaskId};
use serde::Deserialize;
use serde_json::Value;

use crate::{ErrorCode, Style, auth::Authenticated, error::ApiError, fields::Fields};

/// The most bytes a body may have.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// The use-cases of everyone. Nothing outside this module can take them out.
#[derive(Clone)]
pub(crate) struct Unbound(Service);

impl Unbound {
    pub(crate) fn new(tasks: Service) -> Self {
        Self(tasks)
    }
}

/// The use-cases, bound to whoever the token names. No handler has another way to a task.
pub(crate) struct Owner(pub(crate) OwnerService);

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(owner(request))
    }
}

fn owner(request: &HttpRequest) -> Result<Owner, ApiError> {
    let Some(Authenticated(identity)) = request.extensions_mut().remove::<Authenticated>() else {
        return Err(ApiError::internal("a route that needs an owner is not behind the authentication"));
    };
    if Style::of(request) == Style::Path {
        let in_path: UserInPath = path(request)?;
        if in_path.user_id != identity.id.as_str() {
            // Not which one: anything may stand there.
            tracing::warn!(security = true, "refused: the path names another user than the token");
            return Err(ApiError::new(ErrorCode::Forbidden));
        }
    }
    match request.app_data::<Unbound>() {
        Some(Unbound(tasks)) => Ok(Owner(tasks.for_owner(identity))),
        None => Err(ApiError::internal("the application was built without a task service")),
    }
}

#[derive(Deserialize)]
struct UserInPath {
    user_id: String,
}

/// The id in the path. One that is not a task's names no task.
pub(crate) struct IdInPath(pub(crate) TaskId);

impl FromRequest for IdInPath {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        #[derive(Deserialize)]
        struct TaskInPath {
            id: String,
        }

        let id = path(request).and_then(|in_path: TaskInPath| {
            TaskId::try_from(in_path.id.as_str()).map_err(|_names_no_task| ApiError::not_found())
        });
        std::future::ready(id.map(Self))
    }
}

fn path<T: for<'de> Deserialize<'de> + 'static>(request: &HttpRequest) -> Result<T, ApiError> {
    let mut nothing = Payload::None;
    let path = web::Path::<T>::from_request(request, &mut nothing).into_inner();
    path.map(web::Path::into_inner).map_err(|_names_nothing| ApiError::not_found())
}

/// The parameters of the query.
pub(crate) struct Query(pub(crate) Fields);

impl FromRequest for Query {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(parse_query(request.query_string()).map(Self))
    }
}

pub(crate) fn parse_query(text: &str) -> Result<Fields, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text);
    let pairs = pairs.map_err(|error| ApiError::internal(error.to_string()))?;
    let mut fields = Fields::default();
    for (name, value) in pairs.into_inner() {
        fields.insert(name, Value::String(value));
    }
    Ok(fields)
}

/// The members of a JSON object in the body, or nothing if there is no body.
pub(crate) struct Body(pub(crate) Option<Fields>);

impl Body {
    /// The members, where a body must be there.
    ///
    /// # Errors
    ///
    /// `INVALID_JSON` if it is not.
    pub(crate) fn required(self) -> Result<Fields, ApiError> {
        self.0.ok_or_else(|| ApiError::new(ErrorCode::InvalidJson))
    }
}

impl FromRequest for Body {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared_as_json = check_declaration(request);
        let payload = web::Payload::from_request(request, payload);
        let timeout = request.app_data::<BodyTimeout>().copied();
        Box::pin(async move {
            let timeout =
                timeout.ok_or_else(|| ApiError::internal("the application was built without a time limit"))?;
            let payload = payload.await.map_err(|error| ApiError::internal(error.to_string()))?;
            let bytes = match tokio::time::timeout(timeout.0, payload.to_bytes_limited(MAX_BODY_BYTES)).await {
                Err(_elapsed) => return Err(ApiError::new(ErrorCode::RequestTimeout)),
                Ok(Err(_limit_exceeded)) => return Err(too_large()),
                Ok(Ok(Err(_broken_off))) => {
                    return Err(ApiError::new(ErrorCode::InvalidJson).with_message("the body broke off"));
                }
                Ok(Ok(Ok(bytes))) => bytes,
            };
            if bytes.is_empty() {
                Ok(Self(None))
            } else {
                declared_as_json?;
                parse_body(&bytes).map(Some).map(Self)
            }
        })
    }
}

/// Whether the headers say that the body is JSON, and JSON as it is.
fn check_declaration(request: &HttpRequest) -> Result<(), ApiError> {
    let refused = ApiError::new(ErrorCode::UnsupportedMediaType);
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(refused.with_message("send the body without a Content-Encoding"));
    }
    let is_json = match request.mime_type() {
        Ok(Some(mime)) => {
            mime.essence_str() == "application/json" || mime.suffix().is_some_and(|suffix| suffix == "json")
        }
        _ => false,
    };
    if is_json { Ok(()) } else { Err(refused) }
}

fn too_large() -> ApiError {
    let limit = MAX_BODY_BYTES / 1024;
    ApiError::new(ErrorCode::PayloadTooLarge).with_message(format!("the body must be at most {limit} KiB"))
}

pub(crate) fn parse_body(bytes: &[u8]) -> Result<Fields, ApiError> {
    // Asked for an object, serde_json would name the type it found instead; that is less than a client can use.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::new(ErrorCode::InvalidJson));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::new(ErrorCode::InvalidJson).with_message(format!("the body is not valid JSON: {error}"))
    })
}
