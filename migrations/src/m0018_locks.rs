//! Locks of settings, what opens them, proofs of presence, and what operators are told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in [
            string("path").default("command").to_owned(),
            uuid_null("account_id").to_owned(),
        ] {
            let with = Table::alter()
                .table("commands")
                .add_column(column)
                .to_owned();
            manager.alter_table(with).await?;
        }
        // Who asked before this step was a person or a key of theirs; nobody knows which, and no
        // lock was there to be opened.
        let locks = Table::create()
            .table("locks")
            .col(pk_uuid("station_id"))
            .col(uuid("org_id"))
            .col(big_integer("epoch"))
            .col(uuid("locked_by"))
            .col(text("locker"))
            .col(text("contact"))
            .col(big_integer("locked_at"))
            .col(text("password"))
            .col(text("critical"))
            .col(big_integer_null("cap_ma"))
            .col(text_null("puk"))
            .col(text("puk_tries"))
            .col(text("watch"))
            .col(big_integer_null("looked_at"))
            .col(big_integer_null("due_at"))
            .col(big_integer("busy_until").default(0))
            .col(big_integer_null("removed_at"))
            .col(string_null("removed_how"))
            .col(uuid_null("removed_by"))
            .col(text_null("remover"))
            .to_owned();
        manager.create_table(locks).await?;
        let grants = Table::create()
            .table("lock_grants")
            .col(uuid("station_id"))
            .col(uuid("user_id"))
            .col(big_integer("epoch"))
            .primary_key(Index::create().col("station_id").col("user_id"))
            .to_owned();
        manager.create_table(grants).await?;
        let tries = Table::create()
            .table("lock_tries")
            .col(uuid("station_id"))
            .col(uuid("user_id"))
            .col(text("tries"))
            .primary_key(Index::create().col("station_id").col("user_id"))
            .to_owned();
        manager.create_table(tries).await?;
        let saved = Table::create()
            .table("saved_passwords")
            .col(uuid("user_id"))
            .col(uuid("station_id"))
            .col(big_integer("epoch"))
            .col(text("sealed"))
            .col(big_integer("saved_at"))
            .primary_key(Index::create().col("user_id").col("station_id"))
            .to_owned();
        manager.create_table(saved).await?;
        let challenges = Table::create()
            .table("lock_challenges")
            .col(pk_uuid("station_id"))
            .col(uuid("user_id"))
            .col(big_integer("begun_at"))
            .col(text("proof"))
            .to_owned();
        manager.create_table(challenges).await?;
        let sightings = Table::create()
            .table("lock_sightings")
            .col(pk_uuid("id"))
            .col(uuid("station_id"))
            .col(big_integer("at"))
            .col(text("sign"))
            .to_owned();
        manager.create_table(sightings).await?;
        manager
            .create_index(index("lock_sightings", &["station_id"]))
            .await?;
        let notifications = Table::create()
            .table("notifications")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(uuid("org_id"))
            .col(uuid("station_id"))
            .col(text("matter"))
            .col(text_null("sealed"))
            .col(big_integer("created_at"))
            .col(big_integer_null("acknowledged_at"))
            .to_owned();
        manager.create_table(notifications).await?;
        manager
            .create_index(index("notifications", &["user_id", "id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "locks",
            "lock_grants",
            "lock_tries",
            "saved_passwords",
            "lock_challenges",
            "lock_sightings",
            "notifications",
        ];
        step::drop(manager, &tables).await?;
        for column in ["account_id", "path"] {
            let without = Table::alter()
                .table("commands")
                .drop_column(column)
                .to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}
