//! Locks that were taken away stay to be seen when a station is locked again, and a station's last boot
//! is on record, after which what was asked of it may be gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let removals = Table::create()
            .table("lock_removals")
            .col(uuid("station_id"))
            .col(big_integer("epoch"))
            .col(big_integer("removed_at"))
            .col(string("removed_how"))
            .col(uuid("removed_by"))
            .col(text("remover"))
            .primary_key(Index::create().col("station_id").col("epoch"))
            .to_owned();
        manager.create_table(removals).await?;
        let booted = Table::alter()
            .table("stations")
            .add_column(big_integer_null("booted_at"))
            .to_owned();
        manager.alter_table(booted).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["lock_removals"]).await?;
        let without = Table::alter()
            .table("stations")
            .drop_column("booted_at")
            .to_owned();
        manager.alter_table(without).await
    }
}
