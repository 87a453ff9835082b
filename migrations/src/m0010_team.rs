//! Mails that wait or went, archived members, invitations, and people who have not proved their
//! address yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["mails", "invitations", "activations"];
const MEMBER_COLUMNS: &[&str] = &["state", "archived_at", "archived_by", "revision"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        mails(manager).await?;
        invitations(manager).await?;
        let columns = [
            string("state").default("active").to_owned(),
            big_integer_null("archived_at"),
            uuid_null("archived_by"),
            big_integer("revision").default(1).to_owned(),
        ];
        for column in columns {
            add(manager, "memberships", column).await?;
        }
        add(manager, "users", string("state").default("active").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = |table: &'static str, column: &'static str| {
            Table::alter().table(table).drop_column(column).to_owned()
        };
        manager.alter_table(drop("users", "state")).await?;
        for column in MEMBER_COLUMNS.iter().rev() {
            manager.alter_table(drop("memberships", column)).await?;
        }
        step::drop(manager, TABLES).await
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    let altered = Table::alter().table(table).add_column(column).to_owned();
    manager.alter_table(altered).await
}

async fn mails(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mails = Table::create()
        .table("mails")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(string("recipient"))
        .col(string("kind"))
        .col(string("language"))
        .col(text_null("sealed"))
        .col(string("state"))
        .col(integer("attempts"))
        .col(big_integer("created_at"))
        .col(big_integer("next_at"))
        .col(text_null("last_error"))
        .to_owned();
    manager.create_table(mails).await?;
    manager
        .create_index(index("mails", &["state", "next_at"]))
        .await
}

async fn invitations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let invitations = Table::create()
        .table("invitations")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(string("email"))
        .col(string("email_key"))
        .col(string("purpose_kind"))
        .col(text("purpose"))
        .col(string_uniq("hash"))
        .col(string("state"))
        .col(string("language"))
        .col(uuid_null("inviter"))
        .col(uuid_null("mail_id"))
        .col(uuid_null("user_id"))
        .col(big_integer("created_at"))
        .col(big_integer("sent_at"))
        .col(big_integer("expires_at"))
        .col(big_integer("revision").default(1))
        .to_owned();
    manager.create_table(invitations).await?;
    for columns in [&["org_id", "state"] as &[_], &["email_key", "state"]] {
        manager.create_index(index("invitations", columns)).await?;
    }
    let activations = Table::create()
        .table("activations")
        .col(uuid("user_id"))
        .col(string_uniq("hash"))
        .col(big_integer("sent_at"))
        .col(big_integer("expires_at"))
        .primary_key(Index::create().col("user_id"))
        .to_owned();
    manager.create_table(activations).await
}
