//! Second factors, recovery codes, sign-ins half done, devices that have signed in before, and when
//! the person of a login last showed who they are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["authenticators", "recovery_codes", "challenges", "devices"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let logins = Table::alter()
            .table("logins")
            .add_column(big_integer("confirmed_at").default(0))
            .to_owned();
        manager.alter_table(logins).await?;
        let authenticators = Table::create()
            .table("authenticators")
            .col(pk_uuid("user_id"))
            .col(text("seed"))
            .col(big_integer("created_at"))
            .col(big_integer_null("confirmed_at"))
            .col(big_integer("last_step"))
            .to_owned();
        manager.create_table(authenticators).await?;
        let recovery_codes = Table::create()
            .table("recovery_codes")
            .col(uuid("user_id"))
            .col(string("hash"))
            .primary_key(Index::create().col("user_id").col("hash"))
            .to_owned();
        manager.create_table(recovery_codes).await?;
        let challenges = Table::create()
            .table("challenges")
            .col(string("hash"))
            .col(uuid("user_id"))
            .col(uuid("org_id"))
            .col(integer("tries"))
            .col(big_integer("expires_at"))
            .primary_key(Index::create().col("hash"))
            .to_owned();
        manager.create_table(challenges).await?;
        manager
            .create_index(index("challenges", &["user_id"]))
            .await?;
        let devices = Table::create()
            .table("devices")
            .col(string("hash"))
            .col(uuid("user_id"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .primary_key(Index::create().col("hash"))
            .to_owned();
        manager.create_table(devices).await?;
        manager.create_index(index("devices", &["user_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await?;
        let logins = Table::alter()
            .table("logins")
            .drop_column("confirmed_at")
            .to_owned();
        manager.alter_table(logins).await
    }
}
