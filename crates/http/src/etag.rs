//! Entity tags: what a client saw, in a word, so that it can say whether that still holds.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{ETAG, EntityTag, HeaderValue, IF_MATCH, IF_NONE_MATCH, IfNoneMatch},
    web::Header,
};
use domain::{Page, Precondition, Task, TaskQuery, Version};

use crate::{ErrorCode, error::ApiError};

/// The tag of a task: its version.
pub(crate) fn of_task(task: &Task) -> HeaderValue {
    quoted(format!("\"{}\"", task.version.get()))
}

/// The tag of a page: a digest of which tasks it holds, in which versions. A weak one, since it is not made of the bytes.
pub(crate) fn of_page(query: &TaskQuery, page: &Page<Task>) -> HeaderValue {
    let mut digest = DefaultHasher::new();
    (query.limit.get(), page.has_more).hash(&mut digest);
    for task in &page.items {
        (task.id, task.version).hash(&mut digest);
    }
    quoted(format!("W/\"{:016x}\"", digest.finish()))
}

fn quoted(tag: String) -> HeaderValue {
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// What `If-Match` demands. Tags that no task ever has, weak ones among them, match nothing.
pub(crate) struct Demanded(pub(crate) Precondition);

impl FromRequest for Demanded {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(precondition(request).map(Self))
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

/// A list of tags; nothing if one of them is none. Commas between quotes belong to a tag.
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
    // Another way to write the number is another tag.
    (number.to_string() == tag.tag()).then_some(Version::from(number))
}

/// Leaves the body of a response out where the client has it already.
pub(crate) fn unless_known(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    if !request.headers().contains_key(IF_NONE_MATCH) {
        return response;
    }
    let mut nothing = Payload::None;
    let known = Header::<IfNoneMatch>::from_request(request, &mut nothing).into_inner().map(Header::into_inner);
    let tag = response.headers().get(ETAG).cloned();
    let (Ok(known), Some(tag)) = (known, tag) else { return response };
    let Some(current) = tag.to_str().ok().and_then(|tag| tag.parse::<EntityTag>().ok()) else { return response };
    let is_known = match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.weak_eq(&current)),
    };
    if is_known { HttpResponse::NotModified().insert_header((ETAG, tag)).finish() } else { response }
}
