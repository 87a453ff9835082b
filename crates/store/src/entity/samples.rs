//! A reading: one row of `samples`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "samples")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub station_id: Uuid,
    pub session_id: Option<Uuid>,
    pub evse: i32,
    pub at: i64,
    pub received_at: i64,
    pub context: String,
    pub energy_wh: Option<i64>,
    pub power_w: Option<i64>,
    pub current_1: Option<i64>,
    pub current_2: Option<i64>,
    pub current_3: Option<i64>,
    pub voltage_1: Option<i64>,
    pub voltage_2: Option<i64>,
    pub voltage_3: Option<i64>,
    pub charge: Option<i64>,
    pub offered_w: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub others: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
