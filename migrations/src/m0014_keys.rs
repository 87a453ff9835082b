//! API keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::create()
            .table("keys")
            .col(pk_uuid("id"))
            .col(string_uniq("hash"))
            .col(uuid("org_id"))
            .col(uuid("user_id"))
            .col(string("name"))
            .col(text("permissions"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .to_owned();
        manager.create_table(keys).await?;
        manager.create_index(index("keys", &["org_id"])).await?;
        manager.create_index(index("keys", &["user_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["keys"]).await
    }
}
