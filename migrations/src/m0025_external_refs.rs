//! What another system calls what was taken over from it: `steve:transaction:123`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 5] = ["sites", "stations", "tokens", "drivers", "sessions"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let with = Table::alter()
                .table(table)
                .add_column(text_null("external_ref"))
                .to_owned();
            manager.alter_table(with).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let without = Table::alter()
                .table(table)
                .drop_column("external_ref")
                .to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}
