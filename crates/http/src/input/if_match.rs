//! `If-Match`: the version of a resource that the client knows. `If-None-Match` on a change: the versions that must not change.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH},
};
use domain::{Precondition, Version};
use serde_json::json;

use super::{
    entity_tags::{EntityTags, MAX_TAGS, Malformed},
    headers::RequestHeader,
};
use crate::output::{code::ErrorCode, error::ApiError};

/// The description of the header.
pub(crate) const HEADER: RequestHeader = RequestHeader {
    name: "If-Match",
    description: "The `ETag` that was seen: `\"3\"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such \
                  as `W/\"3\"` or `\"3-gzip\"`, means the same.",
    schema: || {
        let tag = r#"((W/)?"[!#-~]*"|[0-9a-f]+)"#;
        json!({ "anyOf": [
            { "type": "string", "const": "*" },
            { "type": "string", "pattern": format!("^{tag}( *, *{tag}){{0,{}}}$", MAX_TAGS - 1) },
        ] })
    },
};

/// The precondition of a change, which both headers state. `If-None-Match: *` is met only by what does not exist.
pub(crate) struct IfMatch(pub(crate) Precondition);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(precondition(request.headers()).map(Self))
    }
}

fn precondition(headers: &HeaderMap) -> Result<Precondition, ApiError> {
    Ok(match (tags(headers, &IF_MATCH)?, tags(headers, &IF_NONE_MATCH)?) {
        (_, Some(EntityTags::Any)) => Precondition::Version(Vec::new()),
        (None | Some(EntityTags::Any), None) => Precondition::None,
        (None | Some(EntityTags::Any), Some(EntityTags::List(excluded))) => {
            Precondition::NotVersion(versions(excluded))
        }
        (Some(EntityTags::List(required)), None) => Precondition::Version(versions(required)),
        (Some(EntityTags::List(required)), Some(EntityTags::List(excluded))) => {
            let (mut required, excluded) = (versions(required), versions(excluded));
            required.retain(|version| !excluded.contains(version));
            Precondition::Version(required)
        }
    })
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<EntityTags<'a>>, ApiError> {
    EntityTags::of(headers, name).map_err(|Malformed| {
        let header = if *name == IF_MATCH { "If-Match" } else { "If-None-Match" };
        ApiError::new(ErrorCode::ValidationError).with_message(format!(
            "{header} must be at most {MAX_TAGS} entity tags in double quotes, such as \"3\", or *"
        ))
    })
}

/// Tags that no resource can have match nothing.
fn versions(tags: Vec<&str>) -> Vec<Version> {
    tags.into_iter().filter_map(version).collect()
}

fn version(tag: &str) -> Option<Version> {
    let number: i64 = tag.parse().ok()?;
    // The same number written differently, such as "03", is a different tag.
    (number.to_string() == tag).then_some(Version::from(number))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::input::entity_tags::tests::list_with;

    fn precondition_of(value: HeaderValue) -> Option<Precondition> {
        precondition(&[(IF_MATCH, value)].into_iter().collect()).ok()
    }

    #[test]
    fn more_than_64_tags_are_refused() {
        let tags = |number: usize| HeaderValue::from_str(&vec!["\"1\""; number].join(", ")).unwrap();

        assert_eq!(precondition_of(tags(64)), Some(Precondition::Version(vec![Version::from(1); 64])));
        assert_eq!(precondition_of(tags(65)), None);
        let lines = [40, 25].map(|number| (IF_MATCH, tags(number)));
        assert!(precondition(&lines.into_iter().collect()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_changed_tag_matches_its_version_and_no_other(
            (number, value) in prop_oneof![1..200_i64, 1..i64::MAX]
                .prop_flat_map(|number| (Just(number), list_with(&number.to_string()))),
        ) {
            prop_assert_eq!(precondition_of(value), Some(Precondition::Version(vec![Version::from(number)])));
        }

        #[test]
        fn only_a_version_that_was_sent_matches(value in "([0-9]{1,3}|[-W/wgzip;\"., *]{1,3}){1,6}") {
            let Some(Precondition::Version(versions)) = precondition_of(HeaderValue::from_str(&value).unwrap()) else {
                return Ok(());
            };
            let numbers: Vec<&str> = value.split(|character: char| !character.is_ascii_digit()).collect();
            for version in versions {
                let number = version.get().to_string();
                prop_assert!(numbers.contains(&number.trim_start_matches('-')), "{} in {}", number, value);
            }
        }
    }
}
