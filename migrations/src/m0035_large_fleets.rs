//! What lists of a million sessions are read by: sessions of a site, of a token, in a state, those to
//! look at, and in the order of their end or energy.
//!
//! No index is touched while a session goes on: what it delivered stands in a column of its own only
//! from its end on, and PostgreSQL can keep its updates in place.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::step::index;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The expressions are the ones that the store orders by, letter by letter: that is how a database
/// knows that an index serves them.
const BY_EXPRESSION: [&str; 3] = [
    "CREATE INDEX sessions_by_end ON sessions \
     (org_id, COALESCE(ended_at, 9007199254740991), id)",
    "CREATE INDEX sessions_by_energy ON sessions \
     (org_id, COALESCE(delivered_wh, -9007199254740991), id)",
    "CREATE INDEX sessions_to_look_at ON sessions (org_id, started_at, id) \
     WHERE suspicions <> '[]'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let delivered = Table::alter()
            .table("sessions")
            .add_column(big_integer_null("delivered_wh"))
            .to_owned();
        manager.alter_table(delivered).await?;
        let db = manager.get_connection();
        let ended = "UPDATE sessions SET delivered_wh = last_register - first_register \
                     WHERE state <> 'active'";
        db.execute_unprepared(ended).await?;
        for columns in [
            &["site_id", "started_at", "id"][..],
            &["token_key", "started_at", "id"],
            &["org_id", "state", "started_at", "id"],
        ] {
            manager.create_index(index("sessions", columns)).await?;
        }
        for sql in BY_EXPRESSION {
            db.execute_unprepared(sql).await?;
        }
        // The longer one serves what it served.
        let shorter = Index::drop()
            .name("sessions_by_org_id_state")
            .table("sessions")
            .to_owned();
        manager.drop_index(shorter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let back = index("sessions", &["org_id", "state"]);
        manager.create_index(back).await?;
        for name in [
            "sessions_by_end",
            "sessions_by_energy",
            "sessions_to_look_at",
            "sessions_by_site_id_started_at_id",
            "sessions_by_token_key_started_at_id",
            "sessions_by_org_id_state_started_at_id",
        ] {
            let gone = Index::drop().name(name).table("sessions").to_owned();
            manager.drop_index(gone).await?;
        }
        let without = Table::alter()
            .table("sessions")
            .drop_column("delivered_wh")
            .to_owned();
        manager.alter_table(without).await
    }
}
