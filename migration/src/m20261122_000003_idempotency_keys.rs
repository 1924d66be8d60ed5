//! Creates `idempotency_keys`.

use sea_orm_migration::prelude::*;

use crate::Users;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration {
    pub(crate) users: Users,
}

#[derive(DeriveIden)]
enum IdempotencyKeys {
    Table,
    UserId,
    Key,
    Fingerprint,
    TaskId,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::create()
            .table(IdempotencyKeys::Table)
            .col(self.users.column(IdempotencyKeys::UserId))
            .col(ColumnDef::new(IdempotencyKeys::Key).text().not_null())
            // A digest of the task as the request described it.
            .col(ColumnDef::new(IdempotencyKeys::Fingerprint).binary().not_null())
            // Not a foreign key, because a task may be deleted before its key.
            .col(ColumnDef::new(IdempotencyKeys::TaskId).uuid().not_null())
            // Milliseconds since 1970, because the database compares ages and SQLite has no type for times.
            .col(ColumnDef::new(IdempotencyKeys::CreatedAt).big_integer().not_null())
            .primary_key(
                Index::create().name("idempotency_keys_pkey").col(IdempotencyKeys::UserId).col(IdempotencyKeys::Key),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("idempotency_keys_user_id_fkey")
                    .from(IdempotencyKeys::Table, IdempotencyKeys::UserId)
                    .to(self.users.table.reference(), Users::ID)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .check(Check::named("idempotency_keys_key_length", Expr::cust("length(key) BETWEEN 1 AND 255")))
            .to_owned();
        manager.create_table(keys).await?;

        // Expired keys are found by their age, regardless of the user.
        let age = Index::create()
            .name("idempotency_keys_created_at_idx")
            .table(IdempotencyKeys::Table)
            .col(IdempotencyKeys::CreatedAt)
            .to_owned();
        manager.create_index(age).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(IdempotencyKeys::Table).if_exists().to_owned()).await
    }
}
