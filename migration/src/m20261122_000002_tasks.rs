//! Creates `tasks`.

use sea_orm_migration::prelude::*;

use crate::Users;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration {
    pub(crate) users: Users,
}

#[derive(DeriveIden)]
enum Tasks {
    Table,
    UserId,
    Id,
    Title,
    Description,
    Completed,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tasks = Table::create()
            .table(Tasks::Table)
            .col(self.users.column(Tasks::UserId))
            .col(ColumnDef::new(Tasks::Id).uuid().not_null())
            .col(ColumnDef::new(Tasks::Title).text().not_null())
            .col(ColumnDef::new(Tasks::Description).text().null())
            .col(ColumnDef::new(Tasks::Completed).boolean().not_null())
            .col(ColumnDef::new(Tasks::CreatedAt).timestamp_with_time_zone().not_null())
            .col(ColumnDef::new(Tasks::UpdatedAt).timestamp_with_time_zone().not_null())
            .col(ColumnDef::new(Tasks::Version).big_integer().not_null())
            // The owner comes first in every key. So finding, listing, changing and deleting a user's tasks uses the primary
            // key, independent of other users' tasks, and rows can be sharded by user.
            .primary_key(Index::create().name("tasks_pkey").col(Tasks::UserId).col(Tasks::Id))
            // Better Auth deletes a user's rows one by one. Without the cascade it would fail halfway and leave a broken
            // account.
            .foreign_key(
                ForeignKey::create()
                    .name("tasks_user_id_fkey")
                    .from(Tasks::Table, Tasks::UserId)
                    .to(self.users.table.reference(), Users::ID)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            // The domain rejects such values first. The checks are for other programs that write to the table.
            .check(Check::named("tasks_title_length", Expr::cust("length(title) BETWEEN 1 AND 500")))
            .check(Check::named("tasks_description_length", Expr::cust("length(description) <= 10000")))
            .check(Check::named("tasks_version_positive", Expr::cust("version >= 1")))
            .to_owned();
        manager.create_table(tasks).await?;

        // With this index, a list of the completed or of the open tasks reads no other tasks.
        let filter = Index::create()
            .name("tasks_user_id_completed_id_idx")
            .table(Tasks::Table)
            .col(Tasks::UserId)
            .col(Tasks::Completed)
            .col(Tasks::Id)
            .to_owned();
        manager.create_index(filter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Tasks::Table).if_exists().to_owned()).await
    }
}
