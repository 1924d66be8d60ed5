//! SeaORM's entity for a row of `idempotency_keys`, private to this crate.

use sea_orm::entity::prelude::*;

use crate::sql::Owned;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) key: String,
    /// A hash of what the request asked for.
    pub(crate) fingerprint: Vec<u8>,
    /// The id of what was created. It may have been deleted since.
    pub(crate) task_id: Uuid,
    /// When it was created, in milliseconds since 1970.
    pub(crate) created_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Owned for Entity {
    const OWNER: Column = Column::UserId;

    fn index(column: Column) -> usize {
        column as usize
    }
}
