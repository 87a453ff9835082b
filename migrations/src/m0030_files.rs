//! Firmware libraries, files on their way to and from stations, and of which updates people were
//! told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let library = Table::create()
            .table("firmware_files")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(text("vendor"))
            .col(text("models"))
            .col(text("version"))
            .col(text("name"))
            .col(text_null("certificate"))
            .col(text_null("signature"))
            .col(text_null("notes"))
            .col(string_null("sha256"))
            .col(big_integer_null("bytes"))
            .col(big_integer_null("content_at"))
            .col(big_integer("created_at"))
            .col(big_integer("revision").default(1))
            .to_owned();
        manager.create_table(library).await?;
        let transfers = Table::create()
            .table("transfers")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid("station_id"))
            .col(string("kind"))
            .col(string("transport"))
            .col(string("state"))
            .col(text_null("status"))
            .col(text_null("error"))
            .col(uuid_null("file_id"))
            .col(text_null("version"))
            .col(uuid("command_id"))
            .col(string_null("secret"))
            .col(big_integer("expires_at"))
            .col(text_null("name"))
            .col(big_integer_null("bytes"))
            .col(string_null("sha256"))
            .col(big_integer("created_at"))
            .col(big_integer_null("ended_at"))
            .col(uuid_null("user_id"))
            .col(text_null("user_name"))
            .to_owned();
        manager.create_table(transfers).await?;
        let told = Table::create()
            .table("firmware_told")
            .col(uuid("file_id"))
            .col(text("model"))
            .primary_key(Index::create().col("file_id").col("model"))
            .to_owned();
        manager.create_table(told).await?;
        for index in [
            index("firmware_files", &["org_id", "id"]),
            index("transfers", &["station_id", "id"]),
            index("transfers", &["command_id"]),
            index("transfers", &["state", "expires_at"]),
            unique("transfers", &["secret"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["firmware_files", "transfers", "firmware_told"]).await
    }
}
