//! Drivers, whose sessions keep them; where a deed of the audit trail came from, and the head of
//! its chain.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes over tables that stay: name, table.
const INDEXES: [(&str, &str); 5] = [
    ("tokens_by_driver_id", "tokens"),
    ("sessions_by_driver_id_started_at", "sessions"),
    ("audit_by_org_id_seq", "audit"),
    ("audit_by_object_seq", "audit"),
    ("audit_by_request_id", "audit"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drivers = Table::create()
            .table("drivers")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(text("name"))
            .col(text("name_key"))
            .col(text_null("email"))
            .col(text_null("phone"))
            .col(text_null("plate"))
            .col(text_null("contract_id"))
            .col(text_null("reference"))
            .col(text_null("note"))
            .col(string_null("language"))
            .col(text("words"))
            .col(string("state"))
            .col(big_integer("created_at"))
            .col(big_integer_null("erased_at"))
            .col(big_integer("revision").default(1))
            .to_owned();
        manager.create_table(drivers).await?;
        manager
            .create_index(index("drivers", &["org_id", "created_at", "id"]))
            .await?;
        // SQLite adds one column a statement.
        for (table, column) in [
            ("sessions", uuid_null("driver_id").to_owned()),
            ("audit", string("via").default("system").to_owned()),
            ("audit", string_null("request_id").to_owned()),
            ("audit", string_null("ip").to_owned()),
            ("audit", text_null("reason").to_owned()),
        ] {
            let with = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(with).await?;
        }
        for index in [
            index("tokens", &["driver_id"]),
            index("sessions", &["driver_id", "started_at"]),
            index("audit", &["org_id", "seq"]),
            index("audit", &["object", "seq"]),
            index("audit", &["request_id"]),
        ] {
            manager.create_index(index).await?;
        }
        let head = Table::create()
            .table("audit_head")
            .col(integer("id"))
            .col(big_integer("seq"))
            .col(string("hash"))
            .col(string("seal"))
            .primary_key(Index::create().col("id"))
            .to_owned();
        manager.create_table(head).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["drivers", "audit_head"]).await?;
        for (name, table) in INDEXES {
            let index = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(index).await?;
        }
        for (table, column) in [
            ("audit", "reason"),
            ("audit", "ip"),
            ("audit", "request_id"),
            ("audit", "via"),
            ("sessions", "driver_id"),
        ] {
            let without = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}
