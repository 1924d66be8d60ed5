//! Reads the catalog of the database.

use migration::{IdType, TableName, Users};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::MigrateError;

/// A table that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The name, on Postgres with the schema.
    pub(crate) name: TableName,
    /// Whether the search path finds it by its name alone.
    pub(crate) is_visible: bool,
    /// The type of its column `id`.
    id: Option<String>,
}

/// What follows `FROM` and precedes a condition on `c`, the table. On SQLite `c.name` is the name.
pub(super) const TABLES: [&str; 2] = [
    "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')",
    "sqlite_schema c WHERE c.type = 'table'",
];

/// The columns from which a [`Table`] is read.
pub(super) const COLUMNS: [&str; 2] = [
    "n.nspname::text, c.relname::text, pg_table_is_visible(c.oid), \
     (SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = c.oid AND attname = 'id')",
    "NULL, c.name, TRUE, (SELECT type FROM pragma_table_info(c.name) WHERE name = 'id' COLLATE NOCASE)",
];

/// One of two texts.
pub(super) fn of(backend: DbBackend, [postgres, sqlite]: [&str; 2]) -> &str {
    if backend == DbBackend::Sqlite { sqlite } else { postgres }
}

impl Table {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let name = TableName { schema: row.try_get_by_index(0)?, table: row.try_get_by_index(1)? };
        Ok(Self { name, is_visible: row.try_get_by_index(2)?, id: row.try_get_by_index(3)? })
    }

    /// The name by which the search path finds it.
    pub(crate) fn short_name(&self) -> TableName {
        if self.is_visible { TableName::unqualified(&self.name.table) } else { self.name.clone() }
    }

    /// The type of its ids.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Rejected`] if there is no column `id`, or if it is of another type.
    pub(crate) fn id(&self) -> Result<IdType, MigrateError> {
        let name = self.short_name();
        let Some(found) = &self.id else {
            return Err(MigrateError::Rejected(format!("the table of users {name} has no column id: set USER_TABLE")));
        };
        match found.as_str() {
            "text" | "character varying" | "character" => Ok(IdType::Text),
            "uuid" => Ok(IdType::Uuid),
            "smallint" => Ok(IdType::SmallInt),
            "integer" => Ok(IdType::Integer),
            "bigint" => Ok(IdType::BigInt),
            // SQLite keeps any declared type. It decides in the same way whether a column holds integers.
            other if self.name.schema.is_none() && other.to_ascii_uppercase().contains("INT") => {
                Ok(IdType::IntegerAsText)
            }
            _any if self.name.schema.is_none() => Ok(IdType::Text),
            other => Err(MigrateError::Rejected(format!(
                "ids of users must be text, uuid, smallint, integer or bigint, and {name}.{} is {other}: change \
                 advanced.database.generateId of Better Auth and let it make its tables anew",
                Users::ID
            ))),
        }
    }
}

/// The tables that a query with [`COLUMNS`] returns.
pub(super) async fn tables(
    connection: &impl ConnectionTrait,
    sql: String,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Table>, DbErr> {
    rows(connection, sql, values).await?.iter().map(Table::read).collect()
}

/// The table with this name. Without a schema it is found by the search path.
pub(crate) async fn table(connection: &impl ConnectionTrait, name: &TableName) -> Result<Option<Table>, DbErr> {
    let backend = connection.get_database_backend();
    let (columns, from) = (of(backend, COLUMNS), of(backend, TABLES));
    let (condition, name) = match backend {
        DbBackend::Sqlite => ("c.name = ?1 COLLATE NOCASE", name.table.clone()),
        _ => ("c.oid = to_regclass($1)", name.quoted()),
    };
    let sql = format!("SELECT {columns} FROM {from} AND {condition}");
    Ok(tables(connection, sql, [name.into()]).await?.pop())
}

/// The first column of a query, which is text.
pub(crate) async fn strings(
    connection: &impl ConnectionTrait,
    sql: String,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<String>, DbErr> {
    rows(connection, sql, values).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn rows(
    connection: &impl ConnectionTrait,
    sql: String,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(Statement::from_sql_and_values(connection.get_database_backend(), sql, values)).await
}
