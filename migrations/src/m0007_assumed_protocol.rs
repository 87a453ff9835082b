//! Stations that name no protocol when they connect, and are believed to speak one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::boolean;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trusted = Table::alter()
            .table("stations")
            .add_column(boolean("assume_protocol").default(false))
            .to_owned();
        manager.alter_table(trusted).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let strict = Table::alter()
            .table("stations")
            .drop_column("assume_protocol")
            .to_owned();
        manager.alter_table(strict).await
    }
}
