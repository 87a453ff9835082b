//! A charging session: one row of `sessions`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub station_id: Uuid,
    pub site_id: Option<Uuid>,
    pub evse: i32,
    pub connector: Option<i32>,
    pub wire: String,
    pub fingerprint: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub token: Option<String>,
    pub token_key: Option<String>,
    pub token_id: Option<Uuid>,
    pub driver_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub token_group: Option<String>,
    pub state: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub first_register: Option<i64>,
    pub last_register: Option<i64>,
    /// Of one that is over.
    pub delivered_wh: Option<i64>,
    pub power_w: Option<i64>,
    pub charging: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub stop_reason: Option<String>,
    pub remote_start: Option<i32>,
    #[sea_orm(column_type = "Text")]
    pub suspicions: String,
    pub updated_at: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_ref: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
