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
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt, layer::SubscriberExt};

    use super::parse;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The output with a filter.
    fn logged(filter: &str, log: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().with_writer(move || writer.clone()).with_ansi(false);
        let subscriber = tracing_subscriber::registry().with(parse(filter).unwrap()).with(lines);
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_filter_applies_to_all_or_to_a_module() {
        for filter in ["info,sqlx=debug,rustls=off,mine", " info, sqlx=debug ,,rustls=off,mine,"] {
            let lines = logged(filter, || {
                tracing::info!(target: "tasks_api", "logged 1");
                tracing::debug!(target: "tasks_api", "left out");
                tracing::debug!(target: "sqlx::query", "logged 2");
                tracing::trace!(target: "sqlx::query", "left out");
                tracing::error!(target: "rustls", "left out");
                tracing::trace!(target: "mine", "logged 3");
            });
            assert_eq!(lines.lines().count(), 3, "{lines}");
            assert!(!lines.contains("left out"), "{lines}");
        }
    }

    #[test]
    fn the_driver_never_logs_values() {
        for filter in ["trace", "tokio_postgres=trace", "tokio_postgres::query=debug"] {
            let lines = logged(filter, || {
                tracing::debug!(target: "tokio_postgres::query", "left out");
                tracing::error!(target: "tokio_postgres::query", "left out");
            });
            assert_eq!(lines, "", "{filter}");
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
