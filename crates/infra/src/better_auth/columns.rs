//! The columns of Better Auth's tables. Its adapters name them in different ways, such as `emailVerified` and `email_verified`,
//! and create them with different types.

use migration::TableName;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// A column of a table that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    /// The type in SQL.
    pub(super) sql_type: String,
    /// Whether an insert must name it: it is not null and has no default.
    pub(super) is_required: bool,
    /// Whether an insert must not name it: the database makes the value.
    pub(super) is_generated: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Text,
    Boolean,
    Integer,
    /// A time with its zone. On SQLite it is text.
    Time,
    /// A time without a zone, which is in UTC.
    UtcTime,
    Other,
}

/// The columns of this table, in order. Empty if it does not exist.
pub(super) async fn columns(connection: &impl ConnectionTrait, table: &TableName) -> Result<Vec<Column>, DbErr> {
    let backend = connection.get_database_backend();
    let (sql, name) = match backend {
        DbBackend::Sqlite => (
            r#"SELECT name, lower(type), "notnull" AND dflt_value IS NULL AND NOT pk, FALSE FROM pragma_table_info(?1)"#,
            table.table.clone(),
        ),
        _ => (
            "SELECT attname::text, format_type(coalesce(nullif(typbasetype, 0), t.oid), NULL), \
             attnotnull AND NOT atthasdef AND attidentity = '', attidentity = 'a' OR attgenerated <> '' \
             FROM pg_attribute JOIN pg_type AS t ON t.oid = atttypid \
             WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            table.quoted(),
        ),
    };
    let query = Statement::from_sql_and_values(backend, sql, [name.into()]);
    let rows = connection.query_all_raw(query).await?;
    let column = |row: &sea_orm::QueryResult| {
        let sql_type: String = row.try_get_by_index(1)?;
        let kind = ColumnKind::of(&sql_type, backend);
        let (name, is_required, is_generated) =
            (row.try_get_by_index(0)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        Ok(Column { name, kind, sql_type, is_required, is_generated })
    };
    rows.iter().map(column).collect()
}

/// The column with this name of Better Auth, or with another way to write it: `userId`, `user_id`, `userid`.
pub(super) fn named<'c>(columns: &'c [Column], name: &str) -> Option<&'c Column> {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let exact = columns.iter().find(|column| column.name == name);
    exact.or_else(|| columns.iter().find(|column| plain(&column.name) == plain(name)))
}

impl ColumnKind {
    fn of(sql_type: &str, backend: DbBackend) -> Self {
        if backend == DbBackend::Sqlite {
            // SQLite keeps any declared type. These are its rules for which values a column prefers.
            return match sql_type {
                declared if declared.contains("bool") => Self::Boolean,
                declared if declared.contains("int") => Self::Integer,
                declared if declared.contains("char") || declared.contains("text") => Self::Text,
                declared if declared.contains("date") || declared.contains("time") => Self::Time,
                _ => Self::Other,
            };
        }
        match sql_type {
            "text" | "character varying" | "character" | "citext" => Self::Text,
            "boolean" => Self::Boolean,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "timestamp with time zone" => Self::Time,
            "timestamp without time zone" => Self::UtcTime,
            _ => Self::Other,
        }
    }
}
