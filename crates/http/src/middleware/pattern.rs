//! The name of a route in the log and in the metrics: its pattern, such as `/api/tasks/{id}`. The path itself can be any
//! text.
//!
//! actix-web's `match_pattern` returns a new `String` for every request, and different patterns with and without a trailing
//! slash. Here both have the same pattern, a `&'static str` as the metrics need it.

use std::sync::LazyLock;

use actix_web::{HttpMessage, dev::ServiceRequest};

use crate::routes;

static ALL: LazyLock<Vec<String>> = LazyLock::new(|| routes::patterns().collect());

/// The pattern of a request, attached to it.
#[derive(Clone, Copy)]
struct Found(Option<&'static str>);

/// The pattern of the route that a request matches; `None` if it matches none. Works before the request is routed.
pub(crate) fn of(request: &ServiceRequest) -> Option<&'static str> {
    let mut extensions = request.extensions_mut();
    if let Some(Found(pattern)) = extensions.get() {
        return *pattern;
    }
    let pattern = at(request.match_info().as_str());
    extensions.insert(Found(pattern));
    pattern
}

fn at(path: &str) -> Option<&'static str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    ALL.iter().find(|pattern| matches(pattern, path)).map(String::as_str)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(wanted), Some(found)) if wanted.starts_with('{') && !found.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn a_path_has_the_pattern_of_its_route() {
        for (path, pattern) in [
            ("/api/tasks", Some("/api/tasks")),
            ("/api/tasks/", Some("/api/tasks")),
            ("/api/tasks/7", Some("/api/tasks/{id}")),
            ("/api/tasks/tasks", Some("/api/tasks/{id}")),
            ("/api/tasks/7/complete/", Some("/api/tasks/{id}/complete")),
            ("/api/alice/tasks", Some("/api/{user_id}/tasks")),
            ("/api/alice/tasks/7", Some("/api/{user_id}/tasks/{id}")),
            ("/api/alice/tasks/7/complete", Some("/api/{user_id}/tasks/{id}/complete")),
            ("/health", Some("/health")),
            ("/health/ready", Some("/health/ready")),
            ("/docs/", Some("/docs")),
            ("/docs/index.html", Some("/docs/{file}")),
            ("/", None),
            ("", None),
            ("/api", None),
            ("/api/tasks//", None),
            ("/api//tasks", None),
            ("/api/alice/tasks/7/complete/8", None),
            ("/wp-login.php", None),
        ] {
            assert_eq!(at(path), pattern, "{path}");
        }
    }
}
