//! Registration: maps paths and methods to handlers.

use std::collections::BTreeSet;

use actix_web::{
    Resource, Route,
    http::Method,
    web::{self, ServiceConfig},
};

use crate::{
    admission::ApiRoute,
    auth::owner::Owner,
    endpoints::endpoints,
    output::error::ApiError,
    style::Style,
    system::{docs, health},
};

/// Registers the handler of a route outside of the API.
type Open = fn(Route) -> Route;

/// Every route outside of the API. They support only GET.
const OPEN: [(&str, Open); 6] = [
    ("/health/live", |route| route.to(health::live)),
    ("/health/ready", |route| route.to(health::ready)),
    ("/health", |route| route.to(health::ready)),
    ("/openapi.json", |route| route.to(docs::openapi)),
    ("/docs/{file}", |route| route.to(docs::file)),
    ("/docs", |route| route.to(docs::index)),
];

/// The patterns of all paths, in the order in which the router tries them: those of the API first, since most requests
/// are for it.
pub(crate) fn patterns() -> impl Iterator<Item = String> {
    let open = OPEN.iter().map(|(path, _)| (*path).to_owned());
    let api = Style::ALL.into_iter().flat_map(|style| paths().map(move |path| format!("{}{path}", style.prefix())));
    api.chain(open)
}

/// The paths of the API, after the prefix of a style.
fn paths() -> impl Iterator<Item = &'static str> {
    let mut seen = BTreeSet::new();
    endpoints().map(|endpoint| endpoint.path).filter(move |path| seen.insert(*path))
}

/// The resources of the API in one style, for a scope at `/api`.
pub(crate) fn api(style: Style) -> impl Iterator<Item = Resource> {
    paths().flat_map(move |path| {
        let prefix = style.prefix().trim_start_matches("/api");
        let endpoints = || endpoints().filter(move |endpoint| endpoint.path == path);
        let routes = move || {
            endpoints().map(|endpoint| {
                let admitted = |route| (endpoint.handler)(ApiRoute::new(route)).into_inner();
                (endpoint.method.clone(), admitted)
            })
        };
        resources(&format!("{prefix}{path}"), routes).map(|(resource, allowed)| {
            // The owner is checked here too: a request for another user gets 403 with any method.
            let reject = move |_owner: Owner| {
                let error = ApiError::method_not_allowed(&allowed);
                async { Err::<&str, _>(error) }
            };
            resource.default_service(web::to(reject)).app_data(style)
        })
    })
}

/// The routes outside of the API, open to everyone.
pub(crate) fn open(config: &mut ServiceConfig) {
    for (path, handler) in OPEN {
        for (resource, allowed) in resources(path, || [(Method::GET, handler)]) {
            let reject = move || {
                let error = ApiError::method_not_allowed(&allowed);
                async { Err::<&str, _>(error) }
            };
            config.service(resource.default_service(web::to(reject)));
        }
    }
}

/// Registers one path with its methods, with and without a trailing slash, and the methods for `Allow`. With a redirect
/// instead, a client would lose its `Authorization`.
///
/// Works around two limits of actix-web: HEAD needs a route in addition to GET ([2702]), and no pattern matches an optional
/// slash ([3281]). Two resources are faster than one with two patterns.
///
/// [2702]: https://github.com/actix/actix-web/issues/2702
/// [3281]: https://github.com/actix/actix-web/issues/3281
fn resources<H: Fn(Route) -> Route, R: IntoIterator<Item = (Method, H)>>(
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

/// The handler for unknown paths.
pub(crate) async fn not_found() -> Result<&'static str, ApiError> {
    Err(ApiError::not_found())
}
