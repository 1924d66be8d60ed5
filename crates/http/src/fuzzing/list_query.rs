use std::collections::HashMap;

use actix_web::web;
use domain::{PageLimit, TaskId, TaskQuery};

use super::rejection::assert_rejected;
use crate::{
    input::query::parse,
    output::{code::ErrorCode, cursor::Cursor},
    tasks::list::ListQuery,
};

/// Parses bytes as a cursor, and as the query of a list.
///
/// # Panics
///
/// If an accepted cursor is serialized differently; if a parsed query breaks a rule, differs from the input, or changes when it
/// is serialized and parsed again; if an error has the wrong code or is large.
#[must_use]
pub fn list_query(bytes: &[u8]) -> bool {
    // The framework rejects a URL that is not UTF-8.
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let position = Cursor::decode(text);
    if let Some(position) = position {
        assert_eq!(position.encode(), text);
        assert_eq!(query(&format!("cursor={text}")).and_then(|query| query.older_than), Some(TaskId::from(position.0)));
    }
    let query = query(text);
    position.is_some() || query.is_some()
}

fn query(text: &str) -> Option<TaskQuery> {
    let query = match parse(text) {
        Ok(ListQuery(query)) => query,
        Err(error) => {
            assert_rejected(&error, ErrorCode::ValidationError);
            return None;
        }
    };
    assert_asked_for(&query, text);
    let written = as_sent(&query);
    assert_eq!(parse(&written).map(|ListQuery(query)| query).ok(), Some(query), "{written}");
    Some(query)
}

/// Checks a query against its text, with rules written independently of the parser.
fn assert_asked_for(query: &TaskQuery, text: &str) {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text).unwrap().into_inner();
    let count = pairs.len();
    let sent: HashMap<String, String> = pairs.into_iter().collect();
    assert_eq!(sent.len(), count, "a name is given twice: {text}");
    for name in sent.keys() {
        assert!(["limit", "cursor", "completed", "status"].contains(&name.as_str()), "{name}");
    }
    assert!((1..=1000).contains(&query.limit.get()), "{query:?}");
    let limit = sent.get("limit").map_or(PageLimit::default().get().into(), |limit| limit.parse::<u64>().unwrap());
    assert_eq!(u64::from(query.limit.get()), limit);
    assert_eq!(query.older_than.map(encoded).as_ref(), sent.get("cursor"));
    let completed = match sent.get("status").map(String::as_str) {
        Some("pending") => Some("false"),
        Some("completed") => Some("true"),
        Some(all) => {
            assert_eq!(all, "all");
            // Contradicts every `completed`.
            assert_eq!(sent.get("completed"), None);
            None
        }
        None => sent.get("completed").map(String::as_str),
    };
    assert_eq!(query.completed.map(|completed| completed.to_string()).as_deref(), completed);
    assert!(sent.get("completed").is_none_or(|sent| Some(sent.as_str()) == completed), "{text}");
}

fn encoded(position: TaskId) -> String {
    Cursor(*position.as_uuid()).encode()
}

fn as_sent(query: &TaskQuery) -> String {
    let limit = format!("limit={}", query.limit.get());
    let position = query.older_than.map(|position| format!("cursor={}", encoded(position)));
    let completed = query.completed.map(|completed| format!("completed={completed}"));
    [Some(limit), position, completed].into_iter().flatten().collect::<Vec<_>>().join("&")
}
