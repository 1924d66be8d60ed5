//! Origins of web pages.

use http::Origins;
use url::Url;

use super::{
    environment::Environment,
    settings::{BETTER_AUTH_URL, CORS_ORIGINS, ENVIRONMENT},
    stage::Stage,
};

/// The origins whose pages may call the API: that of the app, and the configured ones.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(super) fn read(environment: &Environment) -> anyhow::Result<Origins> {
    let app = environment.optional(&BETTER_AUTH_URL)?;
    let others = match (environment.optional(&CORS_ORIGINS)?, environment.value(&ENVIRONMENT)?) {
        (Some(origins), _) => origins,
        (None, Stage::Development) => "http://localhost:3000".parse()?,
        (None, Stage::Production) => Origins::default(),
    };
    Ok(app.as_ref().map(Origins::from).unwrap_or_default().and(others))
}

/// The origin of a URL, as a browser sends it.
pub(super) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}
