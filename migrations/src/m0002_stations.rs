//! Sites, stations, EVSEs, connectors, and who called without being known.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "sites",
    "stations",
    "evses",
    "connectors",
    "unclaimed",
    "attempts",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sites = Table::create()
            .table("sites")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(string("name"))
            .col(text_null("address"))
            .col(text_null("city"))
            .col(string_null("country"))
            .col(string("time_zone"))
            .col(big_integer_null("latitude_e7"))
            .col(big_integer_null("longitude_e7"))
            .col(string("admin_state"))
            .col(string("accessibility"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(sites).await?;
        manager
            .create_index(index("sites", &["org_id", "name"]))
            .await?;
        let stations = Table::create()
            .table("stations")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid_null("site_id"))
            .col(string("identity"))
            .col(string_uniq("identity_key"))
            .col(text_null("name"))
            .col(string("admin_state"))
            .col(string("registration"))
            .col(boolean("lenient"))
            .col(string_null("protocol"))
            .col(text_null("vendor"))
            .col(text_null("model"))
            .col(text_null("serial_number"))
            .col(text_null("firmware_version"))
            .col(text_null("iccid"))
            .col(text_null("imsi"))
            .col(boolean("online"))
            .col(big_integer("epoch"))
            .col(uuid_null("node_id"))
            .col(big_integer_null("connected_since"))
            .col(big_integer_null("last_seen_at"))
            .col(string_null("password_hash"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(stations).await?;
        manager
            .create_index(index("stations", &["org_id", "identity_key"]))
            .await?;
        manager
            .create_index(index("stations", &["site_id"]))
            .await?;
        let evses = Table::create()
            .table("evses")
            .col(pk_uuid("id"))
            .col(uuid("station_id"))
            .col(integer("number"))
            .col(big_integer_null("power_w"))
            .col(uuid_null("session_id"))
            .to_owned();
        manager.create_table(evses).await?;
        manager
            .create_index(unique("evses", &["station_id", "number"]))
            .await?;
        let connectors = Table::create()
            .table("connectors")
            .col(uuid("station_id"))
            .col(integer("evse"))
            .col(integer("number"))
            .col(string("status"))
            .col(text_null("error_code"))
            .col(text_null("error_info"))
            .col(big_integer_null("status_at"))
            .primary_key(Index::create().col("station_id").col("evse").col("number"))
            .to_owned();
        manager.create_table(connectors).await?;
        let unclaimed = Table::create()
            .table("unclaimed")
            .col(string("identity_key"))
            .col(string("identity"))
            .col(big_integer("first_seen_at"))
            .col(big_integer("last_seen_at"))
            .col(big_integer("attempts"))
            .col(text_null("vendor"))
            .col(text_null("model"))
            .col(string_null("protocol"))
            .col(string("remote_ip"))
            .primary_key(Index::create().col("identity_key"))
            .to_owned();
        manager.create_table(unclaimed).await?;
        let attempts = Table::create()
            .table("attempts")
            .col(pk_uuid("id"))
            .col(big_integer("at"))
            .col(string("remote_ip"))
            .col(text_null("path"))
            .col(string_null("identity_key"))
            .col(text_null("identity"))
            .col(text("subprotocols"))
            .col(text_null("user_agent"))
            .col(text_null("username"))
            .col(string("outcome"))
            .col(text_null("detail"))
            .to_owned();
        manager.create_table(attempts).await?;
        manager
            .create_index(index("attempts", &["identity_key", "id"]))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await
    }
}
