//! Alerts, their rules and the maintenance that keeps them quiet; webhooks and what goes there; when
//! stations were connected; and notifications that are about no station.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::{self, index, unique};

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "alerts",
    "alert_rules",
    "maintenance_windows",
    "webhooks",
    "webhook_deliveries",
    "connections",
];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("stations", big_integer_null("offline_since")),
        ("stations", big_integer_null("clock_skew_ms")),
        ("stations", big_integer_null("clock_skew_at")),
        ("locks", boolean("drifting").default(false).to_owned()),
        (
            "organisations",
            boolean("alert_rules_made").default(false).to_owned(),
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for (table, column) in columns() {
            let with = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(with).await?;
        }
        for (table, columns) in [
            ("stations", &["online"][..]),
            ("connectors", &["status"]),
            ("sessions", &["state"]),
            ("locks", &["drifting"]),
            ("notices", &["kind", "received_at"]),
        ] {
            manager.create_index(index(table, columns)).await?;
        }
        alerts(manager).await?;
        webhooks(manager).await?;
        let connections = Table::create()
            .table("connections")
            .col(uuid("station_id"))
            .col(big_integer("started_at"))
            .col(uuid("org_id"))
            .col(big_integer_null("ended_at"))
            .primary_key(Index::create().col("station_id").col("started_at"))
            .to_owned();
        manager.create_table(connections).await?;
        for columns in [&["started_at"][..], &["ended_at"]] {
            manager.create_index(index("connections", columns)).await?;
        }
        notifications(manager, true).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        notifications(manager, false).await?;
        step::drop(manager, TABLES).await?;
        for (table, name) in [
            ("stations", "stations_by_online"),
            ("connectors", "connectors_by_status"),
            ("sessions", "sessions_by_state"),
            ("locks", "locks_by_drifting"),
            ("notices", "notices_by_kind_received_at"),
        ] {
            let index = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(index).await?;
        }
        for (table, column) in columns().into_iter().rev() {
            let name = column.get_column_name();
            let without = Table::alter()
                .table(table)
                .drop_column(Alias::new(name))
                .to_owned();
            manager.alter_table(without).await?;
        }
        Ok(())
    }
}

async fn alerts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let alerts = Table::create()
        .table("alerts")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("station_id"))
        .col(string("kind"))
        .col(string_null("of_kind"))
        .col(string("object"))
        .col(integer("severity"))
        .col(string("state"))
        // Its kind and object while it is open: no second one is.
        .col(string_null("open_key"))
        .col(big_integer_null("snoozed_until"))
        .col(uuid_null("owner_id"))
        .col(boolean("holds"))
        .col(big_integer("count"))
        .col(big_integer("first_at"))
        .col(big_integer("last_at"))
        .col(big_integer("opened_at"))
        .col(big_integer_null("resolved_at"))
        .col(string_null("ending"))
        .col(uuid_null("resolved_by"))
        .col(uuid_null("previous_id"))
        .col(uuid_null("group_id"))
        .col(text("members"))
        .col(boolean("muted"))
        .col(text("told"))
        .col(big_integer("revision"))
        .to_owned();
    manager.create_table(alerts).await?;
    manager
        .create_index(unique("alerts", &["open_key"]))
        .await?;
    for columns in [
        &["org_id", "opened_at", "id"][..],
        &["station_id", "id"],
        &["state"],
        &["holds"],
        &["resolved_at"],
    ] {
        manager.create_index(index("alerts", columns)).await?;
    }
    let rules = Table::create()
        .table("alert_rules")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(text("name"))
        .col(string("kind"))
        .col(integer("minutes"))
        .col(big_integer_null("threshold"))
        .col(text("scope"))
        .col(text_null("hours"))
        .col(text("channels"))
        .col(boolean("enabled"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .to_owned();
    manager.create_table(rules).await?;
    manager
        .create_index(index("alert_rules", &["org_id", "id"]))
        .await?;
    let windows = Table::create()
        .table("maintenance_windows")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("station_id"))
        .col(big_integer("from_at"))
        .col(big_integer("to_at"))
        .col(text_null("note"))
        .col(big_integer("created_at"))
        .to_owned();
    manager.create_table(windows).await?;
    manager
        .create_index(index("maintenance_windows", &["org_id", "to_at"]))
        .await
}

async fn webhooks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let webhooks = Table::create()
        .table("webhooks")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(text("name"))
        .col(text("url"))
        .col(text("sealed"))
        .col(boolean("enabled"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .to_owned();
    manager.create_table(webhooks).await?;
    manager
        .create_index(index("webhooks", &["org_id", "id"]))
        .await?;
    let deliveries = Table::create()
        .table("webhook_deliveries")
        .col(pk_uuid("id"))
        .col(uuid("org_id"))
        .col(uuid("webhook_id"))
        .col(string("event"))
        .col(text("body"))
        .col(string("state"))
        .col(integer("attempts"))
        .col(big_integer("created_at"))
        .col(big_integer("next_at"))
        .col(integer_null("status"))
        .col(text_null("error"))
        .to_owned();
    manager.create_table(deliveries).await?;
    manager
        .create_index(index("webhook_deliveries", &["webhook_id", "id"]))
        .await?;
    manager
        .create_index(index("webhook_deliveries", &["state", "next_at"]))
        .await
}

/// Makes the table of notifications anew, since SQLite cannot let a column be empty that could not.
/// Those about alerts are lost on the way back: nothing there can hold them.
async fn notifications(manager: &SchemaManager<'_>, wide: bool) -> Result<(), DbErr> {
    let mut indices = vec!["notifications_by_user_id_id"];
    if !wide {
        indices.push("notifications_by_created_at");
    }
    for name in indices {
        let index = Index::drop().name(name).table("notifications").to_owned();
        manager.drop_index(index).await?;
    }
    let aside = Table::rename()
        .table("notifications", "notifications_before")
        .to_owned();
    manager.rename_table(aside).await?;
    let mut table = Table::create();
    table
        .table("notifications")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(uuid("org_id"));
    if wide {
        table.col(uuid_null("station_id")).col(uuid_null("site_id"));
    } else {
        table.col(uuid("station_id"));
    }
    table
        .col(text("matter"))
        .col(text_null("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer_null("acknowledged_at"));
    manager.create_table(table.to_owned()).await?;
    let kept = [
        "id",
        "user_id",
        "org_id",
        "station_id",
        "matter",
        "sealed",
        "created_at",
        "acknowledged_at",
    ];
    let mut old = Query::select();
    old.columns(kept).from("notifications_before");
    if !wide {
        old.and_where(Expr::col("station_id").is_not_null())
            .and_where(Expr::col("matter").not_like("%\"kind\":\"alert\"%"));
    }
    let copy = Query::insert()
        .into_table("notifications")
        .columns(kept)
        .select_from(old)
        .map_err(|error| DbErr::Custom(error.to_string()))?
        .to_owned();
    manager.execute(copy).await?;
    step::drop(manager, &["notifications_before"]).await?;
    if wide {
        manager
            .create_index(index("notifications", &["created_at"]))
            .await?;
    }
    manager
        .create_index(index("notifications", &["user_id", "id"]))
        .await
}
