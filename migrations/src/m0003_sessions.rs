//! Tokens, sessions, their reports and readings.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["tokens", "sessions", "session_events", "samples"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::create()
            .table("tokens")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid_null("driver_id"))
            .col(text("uid"))
            .col(string("uid_key"))
            .col(string("kind"))
            .col(text_null("label"))
            .col(text_null("group_id"))
            .col(string("state"))
            .col(big_integer_null("expires_at"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .to_owned();
        manager.create_table(tokens).await?;
        manager
            .create_index(unique("tokens", &["org_id", "uid_key"]))
            .await?;
        let sessions = Table::create()
            .table("sessions")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(uuid("station_id"))
            .col(uuid_null("site_id"))
            .col(integer("evse"))
            .col(integer_null("connector"))
            .col(string("wire"))
            .col(string_null("fingerprint"))
            .col(text_null("token"))
            .col(string_null("token_key"))
            .col(uuid_null("token_id"))
            .col(text_null("token_group"))
            .col(string("state"))
            .col(big_integer("started_at"))
            .col(big_integer_null("ended_at"))
            .col(big_integer_null("first_register"))
            .col(big_integer_null("last_register"))
            .col(big_integer_null("power_w"))
            .col(string_null("charging"))
            .col(text_null("stop_reason"))
            .col(integer_null("remote_start"))
            .col(text("suspicions"))
            .col(big_integer("updated_at"))
            .to_owned();
        manager.create_table(sessions).await?;
        manager
            .create_index(unique("sessions", &["station_id", "wire"]))
            .await?;
        manager
            .create_index(unique("sessions", &["station_id", "fingerprint"]))
            .await?;
        manager
            .create_index(index("sessions", &["org_id", "started_at", "id"]))
            .await?;
        manager
            .create_index(index("sessions", &["org_id", "state"]))
            .await?;
        manager
            .create_index(index("sessions", &["station_id", "started_at"]))
            .await?;
        let session_events = Table::create()
            .table("session_events")
            .col(uuid("session_id"))
            .col(big_integer("seq"))
            .col(string("phase"))
            .col(big_integer("at"))
            .primary_key(Index::create().col("session_id").col("seq"))
            .to_owned();
        manager.create_table(session_events).await?;
        let samples = Table::create()
            .table("samples")
            .col(pk_uuid("id"))
            .col(uuid("station_id"))
            .col(uuid_null("session_id"))
            .col(integer("evse"))
            .col(big_integer("at"))
            .col(big_integer("received_at"))
            .col(string("context"))
            .col(big_integer_null("energy_wh"))
            .col(big_integer_null("power_w"))
            .col(big_integer_null("current_1"))
            .col(big_integer_null("current_2"))
            .col(big_integer_null("current_3"))
            .col(big_integer_null("voltage_1"))
            .col(big_integer_null("voltage_2"))
            .col(big_integer_null("voltage_3"))
            .col(big_integer_null("charge"))
            .col(big_integer_null("offered_w"))
            .col(text_null("others"))
            .to_owned();
        manager.create_table(samples).await?;
        manager
            .create_index(index("samples", &["session_id", "at"]))
            .await?;
        manager
            .create_index(index("samples", &["station_id", "at"]))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await
    }
}
