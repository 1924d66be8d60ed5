//! The table of users, to which the tables of this program refer.

use sea_orm_migration::sea_query::{ColumnDef, IntoIden};

use crate::TableName;

/// The table of users, to which the tables of this program refer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// Its name.
    pub table: TableName,
    /// The type of its ids.
    pub id: IdType,
    /// Whether it does not exist, so that the first migration creates it.
    pub is_missing: bool,
}

/// The table `user` with ids that are text, to be created.
impl Default for Users {
    fn default() -> Self {
        Self { table: TableName::unqualified(Self::TABLE), id: IdType::Text, is_missing: true }
    }
}

/// The type of a user's id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IdType {
    /// Any text.
    #[default]
    Text,
    /// `uuid` on Postgres.
    Uuid,
    /// `smallint` on Postgres.
    SmallInt,
    /// `integer` on Postgres.
    Integer,
    /// `bigint` on Postgres.
    BigInt,
    /// An integer that the tables of this program keep as text. On SQLite such a column may refer to an integer.
    IntegerAsText,
}

impl Users {
    /// Better Auth's default name of the table.
    pub const TABLE: &str = "user";

    /// The key of the table.
    pub const ID: &str = "id";

    /// The definition of a column for the id of a user.
    pub(crate) fn column(&self, name: impl IntoIden) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        match self.id {
            IdType::Text | IdType::IntegerAsText => column.text(),
            IdType::Uuid => column.uuid(),
            IdType::SmallInt => column.small_integer(),
            IdType::Integer => column.integer(),
            IdType::BigInt => column.big_integer(),
        };
        column.not_null().to_owned()
    }
}
