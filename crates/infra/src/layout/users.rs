//! Finds the table of users.

use migration::{TableName, Users};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::{
    Wanted, candidates,
    catalog::{COLUMNS, TABLES, Table, of, table, tables},
};
use crate::MigrateError;

/// The table to which the tasks in this schema refer. `None` if there are no tasks, or they refer to none.
///
/// # Errors
///
/// [`MigrateError::Rejected`] if the settings name another table.
pub(super) async fn referred_to(
    connection: &impl ConnectionTrait,
    wanted: &Wanted,
    schema: Option<&str>,
) -> Result<Option<Table>, MigrateError> {
    let Some(found) = foreign_key(connection, schema).await? else { return Ok(None) };
    match &wanted.users {
        Some(users) if !is_named(&found, users) => Err(MigrateError::Rejected(format!(
            "USER_TABLE is {users}, but the tasks refer to {}: to move them, set USER_TABLE to that table, run `tasks-api \
             migrate down --delete-tasks --steps 99`, which deletes all tasks, and then `migrate up` with the new value \
             (docs/troubleshooting.md#user-table)",
            found.name
        ))),
        _ => Ok(Some(found)),
    }
}

fn is_named(found: &Table, name: &TableName) -> bool {
    match (&name.schema, &found.name.schema) {
        (Some(_), _) => *name == found.name,
        (None, Some(_)) => name.table == found.name.table,
        // SQLite does not distinguish upper and lower case.
        (None, None) => name.table.eq_ignore_ascii_case(&found.name.table),
    }
}

async fn foreign_key(connection: &impl ConnectionTrait, schema: Option<&str>) -> Result<Option<Table>, DbErr> {
    let backend = connection.get_database_backend();
    let (columns, from) = (of(backend, COLUMNS), of(backend, TABLES));
    let tasks = TableName { schema: schema.map(str::to_owned), table: "tasks".to_owned() };
    let (condition, tasks) = match backend {
        DbBackend::Sqlite => (
            r#"c.name = (SELECT "table" FROM pragma_foreign_key_list(?1) WHERE "from" = 'user_id') COLLATE NOCASE"#,
            tasks.table,
        ),
        _ => (
            "c.oid = (SELECT confrelid FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attname = 'user_id' \
             WHERE contype = 'f' AND conrelid = to_regclass($1) AND conkey = ARRAY[attnum] LIMIT 1)",
            tasks.quoted(),
        ),
    };
    let sql = format!("SELECT {columns} FROM {from} AND {condition}");
    Ok(tables(connection, sql, [tasks.into()]).await?.pop())
}

/// The users to which new tables refer: those to which the tasks refer, or those that the settings name, or the table `user` on
/// the search path. If there is none, it is to be created in `schema`.
///
/// # Errors
///
/// [`MigrateError::Rejected`] if none of them exists and another table may hold the users, or if their ids are of another type.
pub(crate) async fn to_refer_to(
    connection: &impl ConnectionTrait,
    wanted: &Wanted,
    schema: Option<&str>,
    create_in: Option<String>,
) -> Result<Users, MigrateError> {
    if let Some(found) = referred_to(connection, wanted, schema).await? {
        return existing(found);
    }
    let default = TableName::unqualified(Users::TABLE);
    let name = wanted.users.as_ref().unwrap_or(&default);
    if let Some(found) = table(connection, name).await? {
        return existing(found);
    }
    match &wanted.users {
        Some(name) if name.table != Users::TABLE => {
            return Err(MigrateError::Rejected(format!(
                "USER_TABLE: there is no table {name}: let Better Auth make its tables first, or correct the name"
            )));
        }
        // An explicit `user` is the answer to the question below.
        Some(_) => {}
        None => candidates::must_be_none(connection).await?,
    }
    let schema = name.schema.clone().or(create_in);
    Ok(Users { table: TableName { schema, ..name.clone() }, ..Users::default() })
}

fn existing(found: Table) -> Result<Users, MigrateError> {
    Ok(Users { id: found.id()?, table: found.name, is_missing: false })
}
