//! A row of `tasks` as SeaORM sees it. It never leaves this crate.

use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) user_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) completed: bool,
    pub(super) created_at: TimeDateTimeWithTimeZone,
    pub(super) updated_at: TimeDateTimeWithTimeZone,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
