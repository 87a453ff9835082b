//! Views: lists as people want to see them again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let views = Table::create()
            .table("views")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid("owner_id"))
            .col(text("owner_name"))
            .col(text("name"))
            .col(text("name_key"))
            .col(string("list"))
            .col(text("params"))
            .col(boolean("shared"))
            .col(big_integer("created_at"))
            .col(big_integer("revision"))
            .to_owned();
        manager.create_table(views).await?;
        manager
            .create_index(index("views", &["org_id", "list"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["views"]).await
    }
}
