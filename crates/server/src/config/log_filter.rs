//! The log filter.

use tracing_subscriber::EnvFilter;

/// Parses a filter: comma-separated levels, each for everything or for a module and its submodules.
///
/// Directives for spans and fields, such as `[request]=trace`, are not accepted: within such a span they override every other
/// directive, including the one added here.
pub(crate) fn parse(text: &str) -> Option<EnvFilter> {
    let directives: Vec<&str> = text.split(',').map(str::trim).filter(|directive| !directive.is_empty()).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-:=".contains(c);
    if !directives.iter().all(|directive| directive.chars().all(is_plain) && !directive.ends_with('=')) {
        return None;
    }
    let filter = EnvFilter::builder().parse(directives.join(",")).ok()?;
    // The driver would log the values of each statement, which are private.
    Some(filter.add_directive("tokio_postgres::query=off".parse().ok()?))
}

#[cfg(test)]
mod tests {
    use tracing::{Level, enabled};
    use tracing_subscriber::layer::SubscriberExt;

    use super::parse;

    /// The result of a function that runs with a filter.
    fn filtered<T>(filter: &str, run: impl FnOnce() -> T) -> T {
        let subscriber = tracing_subscriber::registry().with(parse(filter).unwrap());
        tracing::subscriber::with_default(subscriber, run)
    }

    #[test]
    fn a_filter_applies_to_all_or_to_a_module() {
        for filter in ["info,sqlx=debug,rustls=off,mine", " info, sqlx=debug ,,rustls=off,mine,"] {
            let (logged, left_out) = filtered(filter, || {
                let logged = [
                    enabled!(target: "tasks_api", Level::INFO),
                    enabled!(target: "sqlx::query", Level::DEBUG),
                    enabled!(target: "mine", Level::TRACE),
                ];
                let left_out = [
                    enabled!(target: "tasks_api", Level::DEBUG),
                    enabled!(target: "sqlx::query", Level::TRACE),
                    enabled!(target: "rustls", Level::ERROR),
                ];
                (logged, left_out)
            });
            assert_eq!((logged, left_out), ([true; 3], [false; 3]), "{filter}");
        }
    }

    #[test]
    fn the_driver_never_logs_values() {
        for filter in ["trace", "tokio_postgres=trace", "tokio_postgres::query=debug"] {
            let logged = filtered(filter, || {
                [
                    enabled!(target: "tokio_postgres::query", Level::DEBUG),
                    enabled!(target: "tokio_postgres::query", Level::ERROR),
                ]
            });
            assert_eq!(logged, [false; 2], "{filter}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_parsed_is_rejected() {
        for filter in
            ["a=b=c", "info,request[user]=debug", "[request]=trace", "sqlx=loud", "{user=x}=debug", "sqlx=", "!"]
        {
            assert!(parse(filter).is_none(), "{filter}");
        }
    }
}
