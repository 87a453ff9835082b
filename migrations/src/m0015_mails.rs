//! Mails that wait or went.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mails = Table::create()
            .table("mails")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(string("recipient"))
            .col(string("kind"))
            .col(string("language"))
            .col(text_null("sealed"))
            .col(string("state"))
            .col(integer("attempts"))
            .col(big_integer("created_at"))
            .col(big_integer("next_at"))
            .col(text_null("last_error"))
            .to_owned();
        manager.create_table(mails).await?;
        manager
            .create_index(index("mails", &["state", "next_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["mails"]).await
    }
}
