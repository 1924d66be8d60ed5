//! `If-None-Match`: the version that the client already has, so that it is not sent again.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{ETAG, EntityTag, IF_NONE_MATCH, IfNoneMatch},
    web::Header,
};
use serde_json::json;

use super::headers::RequestHeader;

/// The description of the header.
pub(crate) const HEADER: RequestHeader = RequestHeader {
    name: "If-None-Match",
    description: "The `ETag` of what the client has already.",
    schema: || json!({ "type": "string" }),
};

/// Replaces the response by 304 if the client already has this version.
pub(crate) fn or_not_modified(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    if !request.headers().contains_key(IF_NONE_MATCH) {
        return response;
    }
    let mut no_body = Payload::None;
    let known = Header::<IfNoneMatch>::from_request(request, &mut no_body).into_inner().map(Header::into_inner);
    let tag = response.headers().get(ETAG).cloned();
    let (Ok(known), Some(tag)) = (known, tag) else { return response };
    let Some(current) = tag.to_str().ok().and_then(|tag| tag.parse::<EntityTag>().ok()) else { return response };
    let is_known = match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.weak_eq(&current)),
    };
    if is_known { HttpResponse::NotModified().insert_header((ETAG, tag)).finish() } else { response }
}
