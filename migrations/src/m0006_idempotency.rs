//! Requests that were given a key by whoever sent them, so that sending one again does not do it
//! again; kept for a day.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["idempotency"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let idempotency = Table::create()
            .table("idempotency")
            .col(string("owner"))
            .col(string("key"))
            .col(string("fingerprint"))
            .col(string("rights"))
            .col(big_integer("started_at"))
            .col(integer_null("status"))
            .col(text_null("headers"))
            .col(text_null("body"))
            .primary_key(Index::create().col("owner").col("key"))
            .to_owned();
        manager.create_table(idempotency).await?;
        manager
            .create_index(index("idempotency", &["started_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await
    }
}
