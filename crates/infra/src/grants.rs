//! Who may use the tables of this program on Postgres, besides their owner.
//!
//! Default privileges give rights on every new table, whoever creates it. Older projects of Supabase give all rights to the roles
//! of its public API, so a new table is open to everyone with the public key. No table of this program gets such rights: whoever
//! is to use one is granted that by name.

use std::collections::BTreeSet;

use migration::{TABLES, TableName};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The tables of this program, in this schema or on the search path. The later ones get the grants of the first.
pub(crate) fn own_tables(schema: Option<&str>) -> Vec<TableName> {
    TABLES.map(|table| TableName { schema: schema.map(str::to_owned), table: table.to_owned() }).into()
}

/// Selects those of these tables that exist.
fn existing(tables: &[TableName]) -> String {
    let names = tables.iter().map(|table| format!("to_regclass({})", literal(table))).collect::<Vec<_>>().join(", ");
    format!("SELECT * FROM pg_class WHERE oid IN ({names})")
}

/// The name as a value in the text of a statement.
fn literal(table: &TableName) -> String {
    format!("'{}'", table.quoted().replace('\'', "''"))
}

/// The name of the role of an `acl`, which is 0 for everyone.
const GRANTEE: &str = "CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END";

/// Whether the role of an `acl` stands for the clients of an API over the database: everyone, the roles of Supabase's API, or a
/// role that cannot log in. A role that can log in has its rights for a purpose. So has a group: each program that may take it
/// on has its rights anyway. An API has a role of its own that may take on those of its clients, and does not inherit them.
const IS_OPEN: &str = "(acl.grantee = 0 OR EXISTS (
    SELECT FROM pg_roles AS role WHERE role.oid = acl.grantee AND (rolname IN ('anon', 'authenticated') OR NOT rolcanlogin AND (
        SELECT bool_and(pg_has_role(member.oid, role.oid, 'USAGE')) FROM pg_roles AS member
        WHERE member.rolcanlogin AND NOT member.rolsuper AND pg_has_role(member.oid, role.oid,
            CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)) IS NOT TRUE)))";

/// The tables that migrations are about to create.
pub(crate) struct NewTables {
    /// The table whose grants they get, if it exists.
    first: Option<TableName>,
    new: Vec<TableName>,
}

impl NewTables {
    /// Those of these tables that do not exist. None on SQLite, which has no roles.
    pub(crate) async fn before(connection: &impl ConnectionTrait, tables: Vec<TableName>) -> Result<Self, DbErr> {
        let (mut present, mut new) = (Vec::new(), Vec::new());
        if connection.get_database_backend() == DbBackend::Postgres {
            for table in &tables {
                let exists = format!("SELECT 'yes' WHERE to_regclass({}) IS NOT NULL", literal(table));
                let list = if texts(connection, &exists).await?.is_empty() { &mut new } else { &mut present };
                list.push(table.clone());
            }
        }
        Ok(Self { first: tables.into_iter().next().filter(|first| present.contains(first)), new })
    }

    /// Once they exist: takes all rights on them from everyone but their owner. The roles that may use the first table get the
    /// same rights, so that a program keeps working.
    pub(crate) async fn replace_default_privileges(self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        revoke_all(connection, &self.new).await?;
        let Some(first) = self.first.filter(|_| !self.new.is_empty()) else { return Ok(()) };
        let grants = format!(
            "SELECT format('GRANT %s ON %s TO %s', acl.privilege_type, new.oid::regclass, {GRANTEE})
            FROM ({}) AS t, aclexplode(t.relacl) AS acl, ({}) AS new
            WHERE acl.grantee NOT IN (t.relowner, new.relowner) AND NOT {IS_OPEN}",
            existing(&[first]),
            existing(&self.new)
        );
        run(connection, &grants).await
    }
}

/// Takes all rights on these new tables, and on the sequences of their columns, from everyone but their owner.
pub(crate) async fn revoke_all(connection: &impl ConnectionTrait, tables: &[TableName]) -> Result<(), DbErr> {
    if tables.is_empty() || connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let revokes = format!(
        "WITH t AS ({}), made AS (
            SELECT 'TABLE' AS kind, oid, relowner, relacl FROM t
            UNION SELECT 'SEQUENCE', s.oid, s.relowner, s.relacl FROM pg_class AS s
                JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
                JOIN t ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid WHERE s.relkind = 'S')
        SELECT format('REVOKE ALL ON %s %s FROM %s', kind, made.oid::regclass, {GRANTEE})
        FROM made, aclexplode(relacl) AS acl WHERE acl.grantee <> relowner",
        existing(tables)
    );
    run(connection, &revokes).await
}

/// Runs the statements that a query returns.
async fn run(connection: &impl ConnectionTrait, query: &str) -> Result<(), DbErr> {
    for statement in texts(connection, query).await? {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Logs one warning if the tables in this schema are open to everyone, or to a role that an API over the database takes on for its
/// clients.
pub(crate) async fn warn_of_open(connection: &impl ConnectionTrait, schema: Option<&str>) -> Result<(), DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    // Row level security keeps out every role without a policy.
    let open = |column: &str| {
        format!(
            "WITH t AS ({}), acl AS (
                SELECT t.oid AS relid, grantee FROM t, aclexplode(t.relacl)
                UNION SELECT t.oid, grantee FROM t JOIN pg_attribute ON attrelid = t.oid, aclexplode(attacl))
            SELECT {column} FROM t JOIN acl ON acl.relid = t.oid
            WHERE NOT t.relrowsecurity AND acl.grantee <> t.relowner AND {IS_OPEN}
            AND has_schema_privilege(acl.grantee, t.relnamespace, 'USAGE')",
            existing(&own_tables(schema))
        )
    };
    let roles = texts(connection, &open(GRANTEE)).await?;
    if !roles.is_empty() {
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        let (tables, roles) = (list(texts(connection, &open("t.oid::regclass::text")).await?), list(roles));
        tracing::warn!(
            "{roles} may use {tables}, and so may all clients of an API that takes on such a role: run \
             REVOKE ALL ON {tables} FROM {roles} (docs/troubleshooting.md#open-tables)"
        );
    }
    Ok(())
}

/// The distinct values of the first column, in order.
async fn texts(connection: &impl ConnectionTrait, query: &str) -> Result<BTreeSet<String>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[cfg(test)]
mod tests;
