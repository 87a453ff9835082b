//! Organisations, users, memberships, logins and the way in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "organisations",
    "users",
    "memberships",
    "logins",
    "login_failures",
    "setup_links",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let organisations = Table::create()
            .table("organisations")
            .col(pk_uuid("id"))
            .col(uuid_null("parent"))
            .col(string("name"))
            .col(text("modules"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(organisations).await?;
        let users = Table::create()
            .table("users")
            .col(pk_uuid("id"))
            .col(string("email"))
            .col(string_uniq("email_key"))
            .col(string("name"))
            .col(string("password_hash"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(users).await?;
        let memberships = Table::create()
            .table("memberships")
            .col(uuid("user_id"))
            .col(uuid("org_id"))
            .col(integer("roles"))
            .col(text_null("sites"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("user_id").col("org_id"))
            .to_owned();
        manager.create_table(memberships).await?;
        let logins = Table::create()
            .table("logins")
            .col(pk_uuid("id"))
            .col(string_uniq("hash"))
            .col(uuid("user_id"))
            .col(uuid("org_id"))
            .col(big_integer("created_at"))
            .col(big_integer("seen_at"))
            .col(big_integer("expires_at"))
            .col(text_null("user_agent"))
            .col(string_null("remote_ip"))
            .to_owned();
        manager.create_table(logins).await?;
        manager.create_index(index("logins", &["user_id"])).await?;
        let login_failures = Table::create()
            .table("login_failures")
            .col(string("key"))
            .col(integer("count"))
            .col(big_integer("last_at"))
            .primary_key(Index::create().col("key"))
            .to_owned();
        manager.create_table(login_failures).await?;
        let setup_links = Table::create()
            .table("setup_links")
            .col(string("hash"))
            .col(big_integer("expires_at"))
            .primary_key(Index::create().col("hash"))
            .to_owned();
        manager.create_table(setup_links).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, TABLES).await
    }
}
