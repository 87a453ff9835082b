//! The wire log, commands, variables, deviations, notices, facts and the audit trail.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "wire_log",
    "commands",
    "variables",
    "deviations",
    "notices",
    "outbox",
    "audit",
    "counters",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let wire_log = Table::create()
            .table("wire_log")
            .col(pk_uuid("id"))
            .col(uuid("station_id"))
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
            .col(uuid_null("session_id"))
            .to_owned();
        manager.create_table(wire_log).await?;
        manager
            .create_index(index("wire_log", &["station_id", "id"]))
            .await?;
        let commands = Table::create()
            .table("commands")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid("station_id"))
            .col(text("body"))
            .col(string("state"))
            .col(text_null("outcome"))
            .col(big_integer_null("epoch"))
            .col(big_integer("created_at"))
            .col(big_integer_null("sent_at"))
            .col(big_integer_null("settled_at"))
            .col(uuid_null("user_id"))
            .col(text_null("user_name"))
            .to_owned();
        manager.create_table(commands).await?;
        manager
            .create_index(index("commands", &["station_id", "id"]))
            .await?;
        manager
            .create_index(index("commands", &["state", "created_at"]))
            .await?;
        let variables = Table::create()
            .table("variables")
            .col(uuid("station_id"))
            .col(string("key"))
            .col(text("name"))
            .col(string("attribute"))
            .col(text_null("value"))
            .col(string_null("mutability"))
            .col(big_integer("reported_at"))
            .primary_key(Index::create().col("station_id").col("key"))
            .to_owned();
        manager.create_table(variables).await?;
        let deviations = Table::create()
            .table("deviations")
            .col(uuid("station_id"))
            .col(string("code"))
            .col(string("action"))
            .col(text("text"))
            .col(big_integer("count"))
            .col(big_integer("first_at"))
            .col(big_integer("last_at"))
            .primary_key(Index::create().col("station_id").col("code").col("action"))
            .to_owned();
        manager.create_table(deviations).await?;
        let notices = Table::create()
            .table("notices")
            .col(pk_uuid("id"))
            .col(uuid("station_id"))
            .col(string("kind"))
            .col(text("title"))
            .col(big_integer_null("at"))
            .col(big_integer("received_at"))
            .col(text("detail"))
            .to_owned();
        manager.create_table(notices).await?;
        manager
            .create_index(index("notices", &["station_id", "id"]))
            .await?;
        let outbox = Table::create()
            .table("outbox")
            .col(pk_uuid("id"))
            .col(big_integer_null("seq"))
            .col(uuid("org_id"))
            .col(uuid_null("site_id"))
            .col(uuid_null("station_id"))
            .col(big_integer("at"))
            .col(text("change"))
            .to_owned();
        manager.create_table(outbox).await?;
        manager.create_index(unique("outbox", &["seq"])).await?;
        let audit = Table::create()
            .table("audit")
            .col(pk_uuid("id"))
            .col(big_integer_null("seq"))
            .col(uuid("org_id"))
            .col(big_integer("at"))
            .col(uuid_null("actor_id"))
            .col(text("actor"))
            .col(string("action"))
            .col(string("object"))
            .col(text_null("before"))
            .col(text_null("after"))
            .col(string_null("hash"))
            .to_owned();
        manager.create_table(audit).await?;
        manager.create_index(unique("audit", &["seq"])).await?;
        manager
            .create_index(index("audit", &["org_id", "id"]))
            .await?;
        let counters = Table::create()
            .table("counters")
            .col(string("name"))
            .col(big_integer("value"))
            .primary_key(Index::create().col("name"))
            .to_owned();
        manager.create_table(counters).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await
    }
}
