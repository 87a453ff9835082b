//! What organisations tell about themselves and who made them; access of single persons to sites.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in [
            text("profile").default("{}").to_owned(),
            uuid_null("made_by").to_owned(),
            big_integer("revision").default(1).to_owned(),
        ] {
            let with = Table::alter()
                .table("organisations")
                .add_column(column)
                .to_owned();
            manager.alter_table(with).await?;
        }
        manager
            .create_index(index("organisations", &["parent"]))
            .await?;
        let access = Table::create()
            .table("site_access")
            .col(uuid("site_id"))
            .col(uuid("user_id"))
            .col(uuid("org_id"))
            .col(string("level"))
            .col(text("grants"))
            .col(text("denials"))
            .col(big_integer("created_at"))
            .col(big_integer("revision"))
            .primary_key(Index::create().col("site_id").col("user_id"))
            .to_owned();
        manager.create_table(access).await?;
        manager
            .create_index(index("site_access", &["user_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["site_access"]).await?;
        manager
            .drop_index(
                Index::drop()
                    .name("organisations_by_parent")
                    .table("organisations")
                    .to_owned(),
            )
            .await?;
        for column in ["revision", "made_by", "profile"] {
            let without = Table::alter()
                .table("organisations")
                .drop_column(column)
                .to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}
