//! Settings of a service under test. Everything else has its default.

use crate::context::SECRET;

/// Environment variables of a service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Production with this database. Users are provisioned from their tokens, and rate limits are off.
    pub(crate) fn production(database_url: &str) -> Self {
        Self::default()
            .with("ENVIRONMENT", "production")
            .with("DATABASE_URL", database_url)
            .with("BETTER_AUTH_SECRET", SECRET)
            .with("USER_PROVISIONING", "on")
            .with("MIGRATE_ON_START", "on")
            .with("RATE_LIMIT", "off")
            .with("UNAUTHENTICATED_RATE_LIMIT", "off")
            .with("PORT", "0")
    }

    /// Sets a variable, or replaces its value.
    pub(crate) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self = self.without(name);
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// Removes a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(set, _)| set != name);
        self
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
