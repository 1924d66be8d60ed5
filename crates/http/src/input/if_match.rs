//! `If-Match`: the version of a resource that the client knows.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{EntityTag, HeaderValue, IF_MATCH},
};
use domain::{Precondition, Version};
use serde_json::json;

use super::headers::RequestHeader;
use crate::output::{code::ErrorCode, error::ApiError};

/// The description of the header.
pub(crate) const HEADER: RequestHeader = RequestHeader {
    name: "If-Match",
    description: "The `ETag` that was seen: `\"3\"`. Or several, or `*` for any.",
    schema: || {
        let tag = r#"(W/)?"[!#-~]*""#;
        json!({ "anyOf": [
            { "type": "string", "const": "*" },
            { "type": "string", "pattern": format!("^{tag}( *, *{tag})*$") },
        ] })
    },
};

/// The precondition of a change. Tags that no resource can have, such as weak ones, match nothing.
pub(crate) struct IfMatch(pub(crate) Precondition);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(precondition(request).map(Self))
    }
}

fn precondition(request: &HttpRequest) -> Result<Precondition, ApiError> {
    let values: Vec<&HeaderValue> = request.headers().get_all(IF_MATCH).collect();
    match values.as_slice() {
        [] => Ok(Precondition::None),
        [any] if any.as_bytes() == b"*" => Ok(Precondition::None),
        values => {
            let tags = values.iter().copied().map(tags).collect::<Option<Vec<_>>>().unwrap_or_default().concat();
            if tags.is_empty() {
                return Err(ApiError::new(ErrorCode::ValidationError)
                    .with_message("If-Match must be entity tags in double quotes, such as \"3\", or *"));
            }
            Ok(Precondition::Version(tags.iter().filter(|tag| !tag.weak).filter_map(version).collect()))
        }
    }
}

/// The tags of a list; `None` if one of them is malformed. Commas between quotes belong to a tag.
fn tags(list: &HeaderValue) -> Option<Vec<EntityTag>> {
    let mut quoted = false;
    let members = list.to_str().ok()?.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    members.map(str::trim).filter(|member| !member.is_empty()).map(|member| member.parse().ok()).collect()
}

fn version(tag: &EntityTag) -> Option<Version> {
    let number: i64 = tag.tag().parse().ok()?;
    // The same number written differently, such as "03", is a different tag.
    (number.to_string() == tag.tag()).then_some(Version::from(number))
}
