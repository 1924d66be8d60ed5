//! `If-None-Match`: the version that the client already has, so that it is not sent again.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ETAG, IF_NONE_MATCH},
};
use serde_json::json;

use super::{
    entity_tags::{EntityTags, tag},
    headers::RequestHeader,
};

/// The description of the header.
pub(crate) const HEADER: RequestHeader = RequestHeader {
    name: "If-None-Match",
    description: "The `ETag` of what the client has already.",
    schema: || json!({ "type": "string" }),
};

/// Replaces the response by 304 if the client already has this version. A malformed header is ignored.
pub(crate) fn or_not_modified(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let Ok(Some(known)) = EntityTags::of(request.headers(), &IF_NONE_MATCH) else { return response };
    let Some(etag) = response.headers().get(ETAG).cloned() else { return response };
    let is_known = match known {
        EntityTags::Any => true,
        EntityTags::List(tags) => etag.to_str().ok().and_then(tag).is_some_and(|current| tags.contains(&current)),
    };
    if is_known { HttpResponse::NotModified().insert_header((ETAG, etag)).finish() } else { response }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;
    use crate::input::entity_tags::tests::list_with;

    #[test]
    fn more_than_64_tags_are_ignored() {
        for (number, expected) in [(64, 304), (65, 200)] {
            let value = vec!["\"1\""; number].join(", ");
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, value)).to_http_request();
            let response = HttpResponse::Ok().insert_header((ETAG, "\"1\"")).finish();
            assert_eq!(or_not_modified(&request, response).status().as_u16(), expected, "{number}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_changed_tag_is_known_and_another_is_not(
            (digest, other, value) in ("[0-9a-f]{16}", "[0-9a-f]{16}")
                .prop_flat_map(|(digest, other)| (Just(digest.clone()), Just(other), list_with(&digest))),
        ) {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, value)).to_http_request();
            for current in [&digest, &other] {
                let response = HttpResponse::Ok().insert_header((ETAG, format!("W/\"{current}\""))).finish();
                let expected = if *current == digest { 304 } else { 200 };
                prop_assert_eq!(or_not_modified(&request, response).status().as_u16(), expected);
            }
        }
    }
}
