//! The bodies of the health checks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::body::Example;

/// The process answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health", deny_unknown_fields)]
pub(crate) struct LiveBody {
    #[schemars(extend("const" = "ok"))]
    pub(crate) status: &'static str,
}

/// Requests can be served.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Readiness", deny_unknown_fields)]
pub(crate) struct ReadyBody {
    #[schemars(extend("const" = "ok"))]
    pub(crate) status: &'static str,
    /// Each dependency, by its name. If one is not ready the response is 503, and `details` names it.
    #[schemars(extend("additionalProperties" = json!({ "type": "string", "const": "ok" })))]
    pub(crate) checks: BTreeMap<&'static str, &'static str>,
}

impl Example for LiveBody {
    fn example() -> Value {
        json!({ "status": "ok" })
    }
}

impl Example for ReadyBody {
    fn example() -> Value {
        json!({ "status": "ok", "checks": { "database": "ok", "migrations": "ok" } })
    }
}
