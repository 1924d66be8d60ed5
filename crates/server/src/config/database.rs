//! The settings of the database.

use std::time::Duration;

use anyhow::bail;
use infra::{DatabaseSettings, DatabaseUrl};

use super::{
    development,
    environment::Environment,
    setting::Setting,
    settings::{
        DATABASE_ACQUIRE_TIMEOUT, DATABASE_EXECUTOR, DATABASE_IDLE_TIMEOUT, DATABASE_MAX_CONNECTIONS,
        DATABASE_MAX_LIFETIME, DATABASE_SCHEMA, DATABASE_SHARE_CONNECTIONS, DATABASE_START_TIMEOUT,
        DATABASE_STATEMENT_TIMEOUT, DATABASE_URL, ENVIRONMENT, USER_TABLE,
    },
    stage::Stage,
};

/// Reads and checks the settings of the database.
///
/// # Errors
///
/// One line that names the variable at fault and what it must be.
pub(crate) fn read(environment: &Environment) -> anyhow::Result<DatabaseSettings> {
    let url = match (environment.optional(&DATABASE_URL)?, environment.value(&ENVIRONMENT)?) {
        (Some(url), _) => url,
        (None, Stage::Development) => format!("sqlite:{}", development::data_directory().join("tasks.db").display()),
        (None, Stage::Production) => bail!("DATABASE_URL must be set in production: {}", DATABASE_URL.format.expects()),
    };
    let url = DatabaseUrl::parse(&url).map_err(|error| environment.invalid(&DATABASE_URL, error))?;
    let mut database = DatabaseSettings::new(url);
    tables(environment, &mut database)?;
    if let Some(connections) = environment.optional(&DATABASE_MAX_CONNECTIONS)? {
        database.max_connections = u32::from(connections);
    }
    database.executor = environment.value(&DATABASE_EXECUTOR)?;
    database.sharing = environment.value(&DATABASE_SHARE_CONNECTIONS)?;
    database.start_timeout = environment.value(&DATABASE_START_TIMEOUT)?;
    database.acquire_timeout = environment.value(&DATABASE_ACQUIRE_TIMEOUT)?;
    database.statement_timeout = environment.value(&DATABASE_STATEMENT_TIMEOUT)?;
    must_be_shorter(
        environment,
        (&DATABASE_ACQUIRE_TIMEOUT, database.acquire_timeout),
        (&DATABASE_STATEMENT_TIMEOUT, database.statement_timeout),
    )?;
    database.idle_timeout = environment.value(&DATABASE_IDLE_TIMEOUT)?;
    database.max_lifetime = environment.value(&DATABASE_MAX_LIFETIME)?;
    Ok(database)
}

/// Reads where the tables are.
fn tables(environment: &Environment, database: &mut DatabaseSettings) -> anyhow::Result<()> {
    let (schema, user_table) = (environment.optional(&DATABASE_SCHEMA)?, environment.optional(&USER_TABLE)?);
    if !database.url.is_postgres() {
        if schema.is_some() {
            return Err(environment.invalid(&DATABASE_SCHEMA, "must not be set: SQLite has no schemas"));
        }
        if user_table.as_ref().is_some_and(|table| table.schema.is_some()) {
            let rule = "must be the name of a table without a schema: SQLite has no schemas";
            return Err(environment.invalid(&USER_TABLE, rule));
        }
    }
    database.schema = schema.or(database.schema.take());
    database.user_table = user_table;
    Ok(())
}

/// Checks that a time limit is shorter than the one around it: the wait for a connection, its statement, the request. The error
/// shows both values, since the user may have set either of them.
pub(super) fn must_be_shorter(
    environment: &Environment,
    (inner, span): (&Setting<Duration>, Duration),
    (outer, limit): (&Setting<Duration>, Duration),
) -> anyhow::Result<()> {
    if span < limit {
        return Ok(());
    }
    Err(environment.invalid(inner, format_args!("{}; it is {span:?}, and {} {limit:?}", inner.rule(), outer.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_infra() {
        let postgres = read(&Environment::of(&[("DATABASE_URL", "postgres://localhost/tasks")])).unwrap();
        assert_eq!(postgres.start_timeout, Some(DatabaseSettings::START_TIMEOUT));
        assert_eq!(postgres.acquire_timeout, DatabaseSettings::ACQUIRE_TIMEOUT);
        assert_eq!(postgres.statement_timeout, DatabaseSettings::STATEMENT_TIMEOUT);
        assert_eq!(postgres.idle_timeout, DatabaseSettings::IDLE_TIMEOUT);
        assert_eq!(postgres.max_lifetime, DatabaseSettings::MAX_LIFETIME);
        let (postgres, sqlite) = (DatabaseSettings::POSTGRES_CONNECTIONS, DatabaseSettings::SQLITE_CONNECTIONS);
        assert_eq!(DATABASE_MAX_CONNECTIONS.default.to_string(), format!("{postgres}; on SQLite {sqlite}"));
    }

    #[test]
    fn the_schema_comes_from_the_setting_or_the_url() {
        const URL: (&str, &str) = ("DATABASE_URL", "postgres://localhost/tasks?schema=app");
        let schema = |variables: &'static [(&str, &str)]| read(&Environment::of(variables)).unwrap().schema;

        assert_eq!(schema(&[URL]).as_deref(), Some("app"));
        assert_eq!(schema(&[URL, ("DATABASE_SCHEMA", "tasks")]).as_deref(), Some("tasks"));
        assert_eq!(schema(&[("DATABASE_URL", "postgres://localhost/tasks")]), None);
    }

    #[test]
    fn sqlite_has_no_schemas() {
        const URL: (&str, &str) = ("DATABASE_URL", "sqlite:tasks.db");
        let error = |variables| read(&Environment::of(variables)).unwrap_err().to_string();

        let schema = error(&[URL, ("DATABASE_SCHEMA", "tasks")]);
        assert_eq!(schema, "DATABASE_SCHEMA must not be set: SQLite has no schemas");
        let table = error(&[URL, ("USER_TABLE", "auth.users")]);
        assert!(table.starts_with("USER_TABLE must be the name of a table without a schema"), "{table}");
    }
}
