//! The OpenAPI document, and a page that shows it and can call the API. Both are compiled into the binary.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use actix_web::{
    HttpResponse, Responder,
    http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, LOCATION},
    web::{Bytes, Data, Path},
};
use utoipa_swagger_ui::Config;

use crate::{
    openapi,
    output::{error::ApiError, pieces::Pieces},
    public_path::PublicPath,
};

/// The page uses only its own scripts and styles, sets styles on elements, and calls only this service.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// The OpenAPI document, generated at the first request for it.
pub(crate) struct Document {
    public_path: PublicPath,
    json: OnceLock<Bytes>,
}

impl Document {
    pub(crate) fn new(public_path: PublicPath) -> Self {
        Self { public_path, json: OnceLock::new() }
    }
}

pub(crate) async fn openapi(document: Data<Document>) -> impl Responder {
    let json = document.json.get_or_init(|| openapi::document(&document.public_path).to_string().into());
    HttpResponse::Ok().content_type(ContentType::json()).body(Pieces::new(json.clone()))
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
    // The files are in the binary, so that a response does not copy them.
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(response.body(Pieces::new(bytes)))
}
