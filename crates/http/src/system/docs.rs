//! The OpenAPI document, and a page that shows it and can call the API. Both are compiled into the binary.

use std::sync::{Arc, OnceLock};

use actix_web::{
    HttpResponse, Responder,
    http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, LOCATION},
    web::{Data, Path},
};
use serde_json::Value;
use utoipa_swagger_ui::Config;

use crate::{openapi, output::error::ApiError, public_path::PublicPath};

/// The page uses only its own scripts and styles, sets styles on elements, and calls only this service.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// The OpenAPI document, generated at the first request for it.
pub(crate) struct Document {
    public_path: PublicPath,
    generated: OnceLock<Value>,
}

impl Document {
    pub(crate) fn new(public_path: PublicPath) -> Self {
        Self { public_path, generated: OnceLock::new() }
    }
}

pub(crate) async fn openapi(document: Data<Document>) -> impl Responder {
    HttpResponse::Ok().json(document.generated.get_or_init(|| openapi::document(&document.public_path)))
}

/// The page names its files relative to `/docs/`. The redirect is relative too, for proxies that add a prefix.
pub(crate) async fn index(request: actix_web::HttpRequest) -> Result<HttpResponse, ApiError> {
    if request.path().ends_with('/') {
        return serve("index.html");
    }
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish())
}

pub(crate) async fn file(name: Path<String>) -> Result<HttpResponse, ApiError> {
    serve(&name)
}

fn serve(name: &str) -> Result<HttpResponse, ApiError> {
    static CONFIG: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        Arc::new(
            Config::from("../openapi.json").try_it_out_enabled(true).persist_authorization(false).validator_url("none"),
        )
    });
    let file = utoipa_swagger_ui::serve(name, config.clone()).map_err(|error| ApiError::internal(error.to_string()))?;
    let file = file.ok_or_else(ApiError::not_found)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY));
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(file.bytes.into_owned()))
}
