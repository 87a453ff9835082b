//! What stations say before anybody registered them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let frames = Table::create()
            .table("stranger_frames")
            .col(pk_uuid("id"))
            .col(string("identity_key"))
            .col(text("identity"))
            .col(string("remote_ip"))
            .col(big_integer("at"))
            .col(string("direction"))
            .col(string("kind"))
            .col(text_null("message_id"))
            .col(text_null("action"))
            .col(text("payload"))
            .col(text_null("personal"))
            .col(string_null("error_code"))
            .col(integer_null("latency_ms"))
            .col(text_null("deviations"))
            .to_owned();
        manager.create_table(frames).await?;
        manager
            .create_index(index("stranger_frames", &["identity_key", "id"]))
            .await?;
        manager
            .create_index(index("stranger_frames", &["remote_ip", "id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["stranger_frames"]).await
    }
}
