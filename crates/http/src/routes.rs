//! What can be asked for. Each endpoint stands in a file of its own, with what OpenAPI says of it.

pub(crate) mod complete;
pub(crate) mod create;
mod delete;
mod docs;
mod get;
mod health;
pub(crate) mod list;
pub(crate) mod update;

use actix_web::{
    Resource, Route,
    http::{Method, StatusCode},
    web::{self, ServiceConfig},
};

use crate::{ErrorCode, Style, error::ApiError, extract::Owner};

pub(crate) use health::Health;
pub(crate) use update::READ_ONLY;

/// A route of the API, served under the prefix of each [`Style`]. Registration, the OpenAPI document and the tests all
/// derive from it.
pub struct Endpoint {
    /// The method. `HEAD` is served wherever `GET` is.
    pub method: Method,
    /// The path after the style's prefix, such as `/tasks/{id}`. It is served with a trailing slash too.
    pub path: &'static str,
    /// A name for it, unique within a style.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know.
    pub description: &'static str,
    /// What it takes besides the path.
    pub input: Input,
    /// The status when all went well, and the schema of the body, if there is one.
    pub success: (StatusCode, Option<&'static str>),
    /// What can go wrong, besides what can go wrong everywhere.
    pub errors: &'static [ErrorCode],
    handler: Handler,
}

/// Gives a route its handler.
type Handler = fn(Route) -> Route;

/// What an endpoint takes besides its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    Nothing,
    /// Parameters in the query: those of a list.
    ListQuery,
    /// A JSON object of this schema in the body.
    Body(&'static str),
    /// As [`Body`](Self::Body), but there may be none.
    OptionalBody(&'static str),
}

/// Every route under `/api`.
pub const ENDPOINTS: [Endpoint; 7] =
    [list::ENDPOINT, create::ENDPOINT, get::ENDPOINT, update::PUT, update::PATCH, delete::ENDPOINT, complete::ENDPOINT];

/// Every route beside the API. All are to be got, and nothing else.
const OPEN: [(&str, Handler); 6] = [
    ("/health/live", |route| route.to(health::live)),
    ("/health/ready", |route| route.to(health::ready)),
    ("/health", |route| route.to(health::ready)),
    ("/openapi.json", |route| route.to(docs::openapi)),
    ("/docs/{file}", |route| route.to(docs::file)),
    ("/docs", |route| route.to(docs::index)),
];

/// The patterns of all paths: those of the API first, in the order in which the router tries them, since they are asked for
/// most.
pub(crate) fn patterns() -> impl Iterator<Item = String> {
    let open = OPEN.iter().map(|(path, _)| (*path).to_owned());
    let api = Style::ALL.into_iter().flat_map(|style| paths().map(move |path| format!("{}{path}", style.prefix())));
    api.chain(open)
}

/// The paths under `/api`, after the prefix of a style.
fn paths() -> impl Iterator<Item = &'static str> {
    let mut paths: Vec<&'static str> = ENDPOINTS.iter().map(|endpoint| endpoint.path).collect();
    paths.dedup();
    paths.into_iter()
}

/// The resources of the API in one style.
pub(crate) fn api(style: Style) -> impl Iterator<Item = Resource> {
    paths().flat_map(move |path| {
        // The scope `/api` stands before it already.
        let prefix = style.prefix().trim_start_matches("/api");
        let endpoints = || ENDPOINTS.iter().filter(move |endpoint| endpoint.path == path);
        let routes = move || endpoints().map(|endpoint| (endpoint.method.clone(), endpoint.handler));
        resources(&format!("{prefix}{path}"), routes).map(|(resource, allowed)| {
            // The owner first here too: who asks in another's name learns nothing, not even which methods there are.
            let refuse = move |_owner: Owner| {
                let error = ApiError::method_not_allowed(&allowed);
                async { Err::<&str, _>(error) }
            };
            resource.default_service(web::to(refuse)).app_data(style)
        })
    })
}

/// The routes beside the API, open to everyone.
pub(crate) fn open(config: &mut ServiceConfig) {
    for (path, handler) in OPEN {
        for (resource, allowed) in resources(path, || [(Method::GET, handler)]) {
            let refuse = move || {
                let error = ApiError::method_not_allowed(&allowed);
                async { Err::<&str, _>(error) }
            };
            config.service(resource.default_service(web::to(refuse)));
        }
    }
}

/// One path with its methods, without and with a trailing slash, and which methods those are. A redirect would lose a
/// client's `Authorization`. Two resources, since the router takes longer to try one of two patterns.
fn resources<R: IntoIterator<Item = (Method, Handler)>>(
    path: &str,
    routes: impl Fn() -> R,
) -> [(Resource, Vec<Method>); 2] {
    [path.to_owned(), format!("{path}/")].map(|path| {
        let mut resource = web::resource(path);
        let mut allowed = Vec::new();
        for (method, handler) in routes() {
            if method == Method::GET {
                resource = resource.route(handler(web::head()));
                allowed.push(Method::HEAD);
            }
            resource = resource.route(handler(web::method(method.clone())));
            allowed.push(method);
        }
        (resource, allowed)
    })
}

/// The answer where there is no route.
pub(crate) async fn not_found() -> Result<&'static str, ApiError> {
    Err(ApiError::not_found())
}
