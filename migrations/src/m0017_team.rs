//! Archived members, invitations, and links that are mailed to people with an account.

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
        for (table, column) in [
            ("memberships", big_integer_null("archived_at").to_owned()),
            ("memberships", big_integer("revision").default(1).to_owned()),
            ("users", big_integer_null("proven_at").to_owned()),
        ] {
            let with = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(with).await?;
        }
        // Whoever has an account so far was given it by the operator of the instance.
        let proven = Query::update()
            .table("users")
            .value("proven_at", Expr::col("created_at"))
            .to_owned();
        manager.execute(proven).await?;
        manager
            .create_index(index("memberships", &["org_id"]))
            .await?;
        let invitations = Table::create()
            .table("invitations")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(string("purpose"))
            .col(text("email"))
            .col(text("email_key"))
            .col(string("language"))
            .col(integer("roles"))
            .col(text_null("sites"))
            .col(uuid_null("site_id"))
            .col(string_null("level"))
            .col(text_null("grants"))
            .col(text_null("denials"))
            .col(text_null("modules"))
            .col(string_uniq("hash"))
            .col(uuid_null("invited_by"))
            .col(text("inviter"))
            .col(uuid("mail_id"))
            .col(big_integer("created_at"))
            .col(big_integer("sent_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("accepted_at"))
            .col(big_integer("revision"))
            .to_owned();
        manager.create_table(invitations).await?;
        for by in [&["org_id", "created_at", "id"][..], &["email_key"]] {
            manager.create_index(index("invitations", by)).await?;
        }
        let links = Table::create()
            .table("links")
            .col(string("hash").primary_key())
            .col(uuid("user_id"))
            .col(string("purpose"))
            .col(big_integer("sent_at"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(links).await?;
        manager.create_index(index("links", &["user_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::drop(manager, &["invitations", "links"]).await?;
        let by = Index::drop()
            .name("memberships_by_org_id")
            .table("memberships")
            .to_owned();
        manager.drop_index(by).await?;
        for (table, column) in [
            ("users", "proven_at"),
            ("memberships", "revision"),
            ("memberships", "archived_at"),
        ] {
            let without = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}
