//! Batches: one deed for many stations, and where each of them stands.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let batches = Table::create()
            .table("batches")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(text_null("title"))
            .col(string("kind"))
            .col(text("task"))
            .col(text("pace"))
            .col(string("state"))
            .col(uuid("user_id"))
            .col(text("user_name"))
            .col(uuid_null("key_id"))
            .col(big_integer("created_at"))
            .col(big_integer_null("ended_at"))
            .to_owned();
        manager.create_table(batches).await?;
        manager
            .create_index(index("batches", &["org_id", "id"]))
            .await?;
        manager.create_index(index("batches", &["state"])).await?;
        let items = Table::create()
            .table("batch_items")
            .col(pk_uuid("id"))
            .col(uuid("batch_id"))
            .col(uuid("station_id"))
            .col(integer("wave"))
            .col(string("state"))
            .col(string_null("phase"))
            .col(string_null("reason"))
            .col(text_null("reason_text"))
            .col(uuid_null("command_id"))
            .col(integer("tries"))
            .col(big_integer_null("begun_at"))
            .col(big_integer_null("settled_at"))
            .to_owned();
        manager.create_table(items).await?;
        manager
            .create_index(unique("batch_items", &["batch_id", "station_id"]))
            .await?;
        manager
            .create_index(index("batch_items", &["batch_id", "state", "wave"]))
            .await?;
        manager
            .create_index(index("batch_items", &["station_id"]))
            .await?;
        // Words of an update are looked up by station and time.
        manager
            .create_index(index("notices", &["station_id", "kind", "received_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let words = Index::drop()
            .name("notices_by_station_id_kind_received_at")
            .table("notices")
            .to_owned();
        manager.drop_index(words).await?;
        step::drop(manager, &["batches", "batch_items"]).await
    }
}
