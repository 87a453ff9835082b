//! A station: one row of `stations`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub site_id: Option<Uuid>,
    pub identity: String,
    pub identity_key: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    pub admin_state: String,
    pub registration: String,
    pub lenient: bool,
    pub assume_protocol: bool,
    pub protocol: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub vendor: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub model: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub serial_number: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub firmware_version: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub iccid: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub imsi: Option<String>,
    pub online: bool,
    pub epoch: i64,
    pub node_id: Option<Uuid>,
    pub connected_since: Option<i64>,
    pub last_seen_at: Option<i64>,
    pub booted_at: Option<i64>,
    pub password_hash: Option<String>,
    pub created_at: i64,
    pub revision: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_ref: Option<String>,
    pub offline_since: Option<i64>,
    pub clock_skew_ms: Option<i64>,
    pub clock_skew_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
