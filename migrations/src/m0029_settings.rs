//! What stations should be set to: wishes, templates with their versions, how far each station is,
//! what is known of models, and what stations tell of a variable beyond its value.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let traits = Table::alter()
            .table("variables")
            .add_column(text_null("traits"))
            .to_owned();
        manager.alter_table(traits).await?;
        let configurations = Table::create()
            .table("configurations")
            .col(pk_uuid("station_id"))
            .col(uuid("org_id"))
            .col(big_integer("revision").default(1))
            .col(uuid_null("chosen_id"))
            .col(uuid_null("chosen_by"))
            .col(uuid_null("template_id"))
            .col(big_integer_null("template_version"))
            .col(boolean("reset_when_idle").default(false))
            .col(boolean("asked").default(false))
            .col(boolean("sync_due").default(true))
            .col(big_integer_null("booted_at"))
            .col(big_integer_null("reset_at"))
            .col(big_integer_null("looked_at"))
            .col(big_integer_null("read_at"))
            .col(text_null("read_firmware"))
            .col(big_integer_null("reading_since"))
            .col(string_null("read_problem"))
            .col(big_integer_null("due_at"))
            .col(big_integer("busy_until").default(0))
            .to_owned();
        manager.create_table(configurations).await?;
        manager
            .create_index(index("configurations", &["org_id"]))
            .await?;
        manager
            .create_index(index("configurations", &["due_at"]))
            .await?;
        let settings = Table::create()
            .table("settings")
            .col(uuid("station_id"))
            .col(string("key"))
            .col(uuid("org_id"))
            .col(text("name"))
            .col(text("value"))
            .col(string("reaction"))
            .col(uuid_null("template_id"))
            .col(uuid_null("account_id"))
            .col(text("by_name"))
            .col(big_integer("set_at"))
            .col(string("state"))
            .col(text_null("found"))
            .col(boolean("drift"))
            .col(string_null("outcome"))
            .col(text_null("reason"))
            .col(big_integer_null("outcome_at"))
            .col(text_null("firmware"))
            .col(boolean("applied"))
            .col(boolean("reboots"))
            .col(text("reverts"))
            .primary_key(Index::create().col("station_id").col("key"))
            .to_owned();
        manager.create_table(settings).await?;
        manager
            .create_index(index("settings", &["org_id", "drift"]))
            .await?;
        manager
            .create_index(index("settings", &["template_id"]))
            .await?;
        let templates = Table::create()
            .table("setting_templates")
            .col(pk_uuid("id"))
            .col(uuid("org_id"))
            .col(text("name_key"))
            .col(text("body"))
            .col(big_integer("version"))
            .col(big_integer("created_at"))
            .col(big_integer("edited_at"))
            .col(text("edited_by"))
            .to_owned();
        manager.create_table(templates).await?;
        manager
            .create_index(index("setting_templates", &["org_id"]))
            .await?;
        let versions = Table::create()
            .table("setting_template_versions")
            .col(uuid("template_id"))
            .col(big_integer("version"))
            .col(text("body"))
            .col(big_integer("at"))
            .col(text("by_name"))
            .primary_key(Index::create().col("template_id").col("version"))
            .to_owned();
        manager.create_table(versions).await?;
        let models = Table::create()
            .table("model_habits")
            .col(string("vendor"))
            .col(string("model"))
            .col(string("firmware"))
            .col(boolean("reads_by_name"))
            .col(big_integer("since"))
            .primary_key(Index::create().col("vendor").col("model").col("firmware"))
            .to_owned();
        manager.create_table(models).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "configurations",
            "settings",
            "setting_templates",
            "setting_template_versions",
            "model_habits",
        ];
        step::drop(manager, &tables).await?;
        let traits = Table::alter()
            .table("variables")
            .drop_column("traits")
            .to_owned();
        manager.alter_table(traits).await
    }
}
