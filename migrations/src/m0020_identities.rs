//! Who people are at an identity provider, and ceremonies of more kinds than one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let identities = Table::create()
            .table("identities")
            .col(string("issuer"))
            .col(string("subject"))
            .col(uuid("user_id"))
            .col(big_integer("created_at"))
            .col(big_integer("used_at"))
            .primary_key(Index::create().col("issuer").col("subject"))
            .to_owned();
        manager.create_table(identities).await?;
        manager
            .create_index(index("identities", &["user_id"]))
            .await?;
        let provided = Table::alter()
            .table("memberships")
            .add_column(boolean("provided").default(false))
            .to_owned();
        manager.alter_table(provided).await?;
        let renamed = Table::rename()
            .table("passkey_ceremonies", "ceremonies")
            .to_owned();
        manager.rename_table(renamed).await?;
        let kind = Table::alter()
            .table("ceremonies")
            .add_column(string("kind").default("passkey"))
            .to_owned();
        manager.alter_table(kind).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kind = Table::alter()
            .table("ceremonies")
            .drop_column("kind")
            .to_owned();
        manager.alter_table(kind).await?;
        let renamed = Table::rename()
            .table("ceremonies", "passkey_ceremonies")
            .to_owned();
        manager.rename_table(renamed).await?;
        let provided = Table::alter()
            .table("memberships")
            .drop_column("provided")
            .to_owned();
        manager.alter_table(provided).await?;
        step::drop(manager, &["identities"]).await
    }
}
