//! Passkeys, and the ceremonies by which one is made or used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let passkeys = Table::create()
            .table("passkeys")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(string_uniq("credential_id"))
            .col(text("name"))
            .col(text("credential"))
            .col(big_integer("created_at"))
            .col(big_integer_null("used_at"))
            .to_owned();
        manager.create_table(passkeys).await?;
        manager
            .create_index(index("passkeys", &["user_id"]))
            .await?;
        let ceremonies = Table::create()
            .table("passkey_ceremonies")
            .col(string("hash").primary_key())
            .col(uuid_null("user_id"))
            .col(text("state"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(ceremonies).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["passkeys", "passkey_ceremonies"]).await
    }
}
