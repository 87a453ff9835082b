//! Database migrations, one file a step, for SQLite and PostgreSQL alike. Steps are only ever
//! added. Moments are unix milliseconds in UTC, closed lists are their words, and ids are UUIDs.

mod m0001_people;
mod m0002_stations;
mod m0003_sessions;
mod m0004_records;
mod m0005_revisions;
mod m0006_idempotency;
mod m0007_assumed_protocol;
mod m0008_nodes;
mod m0009_access;
mod m0011_sign_in;
mod m0013_drivers_audit;
mod m0014_keys;
mod m0015_mails;
mod m0017_team;
mod m0018_locks;
mod m0019_passkeys;
mod m0020_identities;
mod m0021_batches;
mod m0025_external_refs;
mod m0026_made_under;
mod m0028_broken_seals;
mod m0029_settings;
mod m0030_files;
mod m0031_alerts;
mod m0033_views;
mod m0034_stranger_frames;
mod m0035_large_fleets;
mod step;

use sea_orm_migration::prelude::*;

/// All steps, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_stations::Migration),
            Box::new(m0003_sessions::Migration),
            Box::new(m0004_records::Migration),
            Box::new(m0005_revisions::Migration),
            Box::new(m0006_idempotency::Migration),
            Box::new(m0007_assumed_protocol::Migration),
            Box::new(m0008_nodes::Migration),
            Box::new(m0009_access::Migration),
            Box::new(m0014_keys::Migration),
            Box::new(m0011_sign_in::Migration),
            Box::new(m0013_drivers_audit::Migration),
            Box::new(m0015_mails::Migration),
            Box::new(m0017_team::Migration),
            Box::new(m0018_locks::Migration),
            Box::new(m0019_passkeys::Migration),
            Box::new(m0020_identities::Migration),
            Box::new(m0021_batches::Migration),
            Box::new(m0025_external_refs::Migration),
            Box::new(m0026_made_under::Migration),
            Box::new(m0028_broken_seals::Migration),
            Box::new(m0029_settings::Migration),
            Box::new(m0030_files::Migration),
            Box::new(m0031_alerts::Migration),
            Box::new(m0033_views::Migration),
            Box::new(m0034_stranger_frames::Migration),
            Box::new(m0035_large_fleets::Migration),
        ]
    }
}
