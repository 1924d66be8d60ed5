//! The settings of the log and of the export of spans.

use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    environment::Environment,
    settings::{ENVIRONMENT, LOG_OUTPUT, LogOutput, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, RUST_LOG},
    stage::Stage,
};

/// The configuration of the log and of the export of spans.
pub(crate) struct Logging {
    pub(crate) filter: EnvFilter,
    pub(crate) output: LogOutput,
    /// JSON instead of readable text.
    pub(crate) json: bool,
    pub(crate) collector: Option<Collector>,
}

/// The destination of exported spans.
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "only an exporter reads it"))]
pub(crate) struct Collector {
    pub(crate) endpoint: Url,
    /// The name under which this service exports them.
    pub(crate) service_name: String,
}

impl Logging {
    /// Reads and checks the settings.
    ///
    /// # Errors
    ///
    /// One line that names the variable at fault and what it must be.
    pub(crate) fn read(environment: &Environment) -> anyhow::Result<Self> {
        let service_name = environment.value(&OTEL_SERVICE_NAME)?;
        let endpoint = environment.optional(&OTEL_EXPORTER_OTLP_ENDPOINT)?;
        Ok(Self {
            filter: environment.value(&RUST_LOG)?,
            output: environment.value(&LOG_OUTPUT)?,
            json: environment.value(&ENVIRONMENT)? == Stage::Production,
            collector: endpoint.map(|endpoint| Collector { endpoint, service_name }),
        })
    }

    /// The log of a command. It goes to standard error, since standard output is for results, and spans are not exported.
    pub(crate) fn of_command(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self { output: LogOutput::Stderr, collector: None, ..Self::read(environment)? })
    }
}
