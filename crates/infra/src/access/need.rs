//! What a role needs.

use migration::{HISTORY, TableName, Users, quoted};
use sea_orm::{IdenStatic, Iterable, PrimaryKeyToColumn};

use crate::{idempotency, layout::Layout, sql::Owned, tasks};

/// A right on a table, or on some of its columns.
#[derive(Debug)]
pub(crate) struct Need {
    /// Whether the table's owner needs it: as the owner, Postgres checks that a task's user exists and deletes a deleted user's
    /// tasks. Otherwise this program needs it.
    of_owner: bool,
    table: TableName,
    privilege: &'static str,
    /// All of these columns. Empty: the right exists for the whole table only.
    columns: Vec<String>,
    /// Whether to grant it on the columns only, because the table belongs to Better Auth.
    only_columns: bool,
}

impl Need {
    /// What the service needs.
    pub(crate) fn of(layout: &Layout) -> Vec<Self> {
        let mut needs = Self::of_own_tables(layout.schema());
        let users = &layout.users;
        for privilege in ["SELECT", "UPDATE"] {
            needs.push(Self { of_owner: true, ..Self::better_auths(users, privilege, vec![Users::ID.to_owned()]) });
        }
        if let Some(sessions) = &layout.sessions {
            needs.push(Self::better_auths(&sessions.table, "SELECT", sessions.columns()));
        }
        if let Some(columns) = &layout.user_columns {
            needs.push(Self::better_auths(users, "INSERT", columns.names()));
        }
        needs
    }

    /// What the service needs on its own tables, which are in this schema or on the search path.
    pub(crate) fn of_own_tables(schema: Option<&str>) -> Vec<Self> {
        let named = &|table: &str| TableName { schema: schema.map(str::to_owned), table: table.to_owned() };
        let mut needs = Self::of_entity::<tasks::Entity>(named);
        needs.extend(Self::of_entity::<idempotency::Entity>(named));
        needs.push(Self::own(named(HISTORY), "SELECT", vec!["version".to_owned()]));
        needs
    }

    fn of_entity<E: Owned>(named: impl Fn(&str) -> TableName) -> Vec<Self> {
        let table = || named(E::default().table_name());
        let all = || -> Vec<String> { E::Column::iter().map(|column| column.as_str().to_owned()).collect() };
        let key: Vec<String> = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned()).collect();
        let changed = || all().into_iter().filter(|column| !key.contains(column)).collect();
        vec![
            Self::own(table(), "SELECT", all()),
            Self::own(table(), "INSERT", all()),
            Self::own(table(), "UPDATE", changed()),
            Self::own(table(), "DELETE", Vec::new()),
            Self { of_owner: true, ..Self::own(table(), "SELECT", vec![E::OWNER.as_str().to_owned()]) },
            Self { of_owner: true, ..Self::own(table(), "DELETE", Vec::new()) },
        ]
    }

    fn own(table: TableName, privilege: &'static str, columns: Vec<String>) -> Self {
        Self { of_owner: false, table, privilege, columns, only_columns: false }
    }

    fn better_auths(table: &TableName, privilege: &'static str, columns: Vec<String>) -> Self {
        Self { only_columns: true, ..Self::own(table.clone(), privilege, columns) }
    }

    /// A row of `need` in the query.
    pub(super) fn row(&self, number: usize) -> String {
        let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let who = if self.of_owner { "owner" } else { "program" };
        let (schema, table) = (self.table.schema.as_deref().unwrap_or_default(), &self.table.table);
        let columns = self.columns.iter().map(|column| text(column)).collect::<Vec<_>>().join(", ");
        let quoted = self.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let list = if self.only_columns { format!(" ({quoted})") } else { String::new() };
        format!(
            "({number}, '{who}', {}, {}, '{}', ARRAY[{columns}]::text[], {})",
            text(schema),
            text(table),
            self.privilege,
            text(&list)
        )
    }
}
