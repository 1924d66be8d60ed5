//! What the settings say about the tables.

use migration::TableName;

use crate::DatabaseSettings;

/// What the settings say about the tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// The schema of this program's tables. `None`: the search path decides.
    pub(crate) schema: Option<String>,
    /// The schema that the database's URL names.
    pub(crate) url_schema: Option<String>,
    /// The table of users. `None`: it is found.
    pub(crate) users: Option<TableName>,
}

impl From<&DatabaseSettings> for Wanted {
    fn from(settings: &DatabaseSettings) -> Self {
        let url_schema = settings.url.schema().map(str::to_owned);
        Self { schema: settings.schema.clone(), url_schema, users: settings.user_table.clone() }
    }
}
