//! `If-None-Match`: the version that the client already has, so that it is not sent again.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ETAG, HeaderValue, IF_NONE_MATCH},
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

/// The response 304, if the client already has the version with this tag. A malformed header is ignored.
pub(crate) fn not_modified(request: &HttpRequest, etag: &HeaderValue) -> Option<HttpResponse> {
    let known = EntityTags::of(request.headers(), &IF_NONE_MATCH).ok()??;
    let is_known = match known {
        EntityTags::Any => true,
        EntityTags::List(tags) => etag.to_str().ok().and_then(tag).is_some_and(|current| tags.contains(&current)),
    };
    is_known.then(|| HttpResponse::NotModified().insert_header((ETAG, etag.clone())).finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;
    use crate::input::entity_tags::tests::list_with;

    #[test]
    fn more_than_64_tags_are_ignored() {
        for (number, expected) in [(64, true), (65, false)] {
            let value = vec!["\"1\""; number].join(", ");
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, value)).to_http_request();
            assert_eq!(not_modified(&request, &HeaderValue::from_static("\"1\"")).is_some(), expected, "{number}");
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
                let etag = HeaderValue::try_from(format!("W/\"{current}\"")).unwrap();
                prop_assert_eq!(not_modified(&request, &etag).is_some(), *current == digest);
            }
        }
    }
}
