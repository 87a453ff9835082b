//! How often people changed a site, a station or a token: what an ETag is made of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["sites", "stations", "tokens"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let counted = Table::alter()
                .table(*table)
                .add_column(big_integer("revision").default(1))
                .to_owned();
            manager.alter_table(counted).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            let plain = Table::alter()
                .table(*table)
                .drop_column("revision")
                .to_owned();
            manager.alter_table(plain).await?;
        }
        Ok(())
    }
}
