//! Which migrations were applied, and where that is recorded.

use migration::{HISTORY, Migrator, SHARED_HISTORY, TableName, quoted};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::MigratorTraitSelf;

use crate::{
    MigrateError, grants,
    layout::{Wanted, strings, table},
};

/// Which migrations were applied, and where that is recorded.
#[derive(Debug)]
pub(crate) struct History {
    /// The schema of this program's tables, existing or not. `None` on SQLite.
    schema: Option<String>,
    /// The names of the applied migrations, in order.
    pub(super) applied: Vec<String>,
    /// Whether an earlier release has recorded them, in a table that may hold those of other programs.
    is_shared: bool,
}

impl History {
    /// Reads the history of this program's tables.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Rejected`] if the tables are in another schema than the settings say, and [`MigrateError::Failed`].
    pub(crate) async fn read(connection: &impl ConnectionTrait, wanted: &Wanted) -> Result<Self, MigrateError> {
        let none = |schema| Self { schema, applied: Vec::new(), is_shared: false };
        if let Some(found) = Self::in_schema(connection, wanted.schema.as_deref()).await? {
            return Ok(found);
        }
        let Some(schema) = &wanted.schema else { return Ok(none(current_schema(connection).await?)) };
        // Not read before: what the search path finds may be another program's, and closed to this role.
        match Self::in_schema(connection, None).await?.and_then(|elsewhere| elsewhere.schema) {
            None => Ok(none(Some(schema.clone()))),
            Some(present) => Err(MigrateError::Rejected(format!(
                "the tables are in the schema {present}, not in {schema}: set DATABASE_SCHEMA={present}, or move them with \
                 ALTER TABLE … SET SCHEMA (docs/troubleshooting.md#database-schema)"
            ))),
        }
    }

    /// The history in this schema, or in the one that the search path finds. `None` if there is none.
    async fn in_schema(connection: &impl ConnectionTrait, schema: Option<&str>) -> Result<Option<Self>, DbErr> {
        for (name, is_shared) in [(HISTORY, false), (SHARED_HISTORY, true)] {
            let name = TableName { schema: schema.map(str::to_owned), table: name.to_owned() };
            let Some(found) = table(connection, &name).await? else { continue };
            let applied = if is_shared {
                ours_in(connection, &found.name).await?
            } else {
                names_in(connection, &found.name).await?
            };
            if is_shared && applied.is_empty() {
                continue;
            }
            return Ok(Some(Self { schema: found.name.schema, applied, is_shared }));
        }
        Ok(None)
    }

    /// The schema of this program's tables, existing or not. `None` on SQLite.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    fn table(&self, name: &str) -> String {
        TableName { schema: self.schema.clone(), table: name.to_owned() }.quoted()
    }

    /// Copies what an earlier release has recorded to the table of this program, with the rights to read it. Returns whether
    /// there was anything to copy.
    ///
    /// The earlier release still reads its rows while instances are replaced. They are deleted only if the table also holds
    /// migrations of another program, which would complain about them.
    pub(super) async fn carry_over(&self, transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        if !self.is_shared {
            return Ok(false);
        }
        MigratorTraitSelf::install(&Migrator::default(), transaction).await?;
        grants::revoke_all(transaction, &[TableName { schema: self.schema.clone(), table: HISTORY.to_owned() }])
            .await?;
        let (ours, shared) = (self.table(HISTORY), self.table(SHARED_HISTORY));
        let is_ours = is_one_of(&self.applied);
        let copy = format!(
            "INSERT INTO {ours} (version, applied_at) SELECT version, applied_at FROM {shared} WHERE {is_ours}"
        );
        transaction.execute_unprepared(&copy).await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            let readers = "SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END \
                           FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass($1) AND privilege_type = 'SELECT'";
            for reader in strings(transaction, readers.to_owned(), [shared.clone().into()]).await? {
                transaction.execute_unprepared(&format!("GRANT SELECT ON {ours} TO {reader}")).await?;
            }
        }
        let others = format!("SELECT version FROM {shared} WHERE NOT {is_ours}");
        if !strings(transaction, others, []).await?.is_empty() {
            transaction.execute_unprepared(&format!("DELETE FROM {shared} WHERE {is_ours}")).await?;
        }
        Ok(true)
    }

    /// Deletes these migrations from the record of an earlier release.
    pub(super) async fn forget_shared(&self, transaction: &DatabaseTransaction, names: &[String]) -> Result<(), DbErr> {
        let shared = TableName { schema: self.schema.clone(), table: SHARED_HISTORY.to_owned() };
        if table(transaction, &shared).await?.is_some() && !ours_in(transaction, &shared).await?.is_empty() {
            let delete = format!("DELETE FROM {} WHERE {}", shared.quoted(), is_one_of(names));
            transaction.execute_unprepared(&delete).await?;
        }
        Ok(())
    }

    /// Puts the schema of this program's tables first in the search path of the transaction, so that migrations find and create
    /// tables there. The schema of the database's URL follows. Returns the schema that was first.
    pub(super) async fn enter(
        &self,
        transaction: &DatabaseTransaction,
        wanted: &Wanted,
    ) -> Result<Option<String>, DbErr> {
        if transaction.get_database_backend() == DbBackend::Sqlite {
            return Ok(None);
        }
        let first = current_schema(transaction).await?;
        let schemas =
            self.schema.iter().chain(&wanted.url_schema).map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let path = "SELECT set_config('search_path', concat_ws(', ', nullif($1, ''), nullif(current_setting('search_path'), '')), true)";
        strings(transaction, path.to_owned(), [schemas.into()]).await?;
        Ok(first)
    }

    /// Makes that schema the whole search path of the transaction, so that no migration drops another program's table.
    pub(super) async fn enter_alone(&self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        if let Some(schema) = &self.schema {
            let path = "SELECT set_config('search_path', $1, true)";
            strings(transaction, path.to_owned(), [quoted(schema).into()]).await?;
        }
        Ok(())
    }

    /// Creates the schema of this program's tables if it does not exist.
    pub(super) async fn create_schema(&self, transaction: &DatabaseTransaction) -> Result<(), MigrateError> {
        let Some(schema) = &self.schema else { return Ok(()) };
        // Not `IF NOT EXISTS`, which requires the right to create schemas even if the schema exists.
        let exists = "SELECT nspname::text FROM pg_namespace WHERE nspname = $1".to_owned();
        if strings(transaction, exists, [schema.clone().into()]).await?.is_empty() {
            transaction.execute_unprepared(&format!("CREATE SCHEMA {}", quoted(schema))).await.map_err(|error| {
                let cause = crate::DatabaseError::from(error);
                MigrateError::Rejected(format!("DATABASE_SCHEMA: the schema {schema} could not be created: {cause}: have \
                    its owner create it, with the right to create tables in it (docs/troubleshooting.md#database-schema)"))
            })?;
        }
        Ok(())
    }
}

/// The names of all migrations, oldest first.
pub(crate) fn names_of_all() -> Vec<String> {
    Migrator::default().migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The recorded migrations, in order.
async fn names_in(connection: &impl ConnectionTrait, history: &TableName) -> Result<Vec<String>, DbErr> {
    strings(connection, format!("SELECT version FROM {} ORDER BY version", history.quoted()), []).await
}

/// Those of this program in a table that other programs may share. None if the table has another form, or if this role may not
/// read it: an earlier release had to.
async fn ours_in(connection: &impl ConnectionTrait, shared: &TableName) -> Result<Vec<String>, DbErr> {
    let (is_readable, table) = match connection.get_database_backend() {
        DbBackend::Sqlite => ("SELECT name FROM pragma_table_info(?1) WHERE name = 'version'", shared.table.clone()),
        _ => (
            "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'version' \
             AND has_column_privilege(attrelid, attnum, 'SELECT')",
            shared.quoted(),
        ),
    };
    if strings(connection, is_readable.to_owned(), [table.into()]).await?.is_empty() {
        return Ok(Vec::new());
    }
    let (mut names, ours) = (names_in(connection, shared).await?, names_of_all());
    names.retain(|name| ours.contains(name));
    Ok(names)
}

/// A condition in SQL. The names are those of migrations of this program.
fn is_one_of(names: &[String]) -> String {
    format!("version IN ('{}')", names.join("', '"))
}

/// The schema in which tables are created. `None` on SQLite, and if no schema of the search path exists.
async fn current_schema(connection: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    if connection.get_database_backend() == DbBackend::Sqlite {
        return Ok(None);
    }
    let sql = "SELECT current_schema()::text WHERE current_schema() IS NOT NULL".to_owned();
    Ok(strings(connection, sql, []).await?.pop())
}
