//! How far a station's settings are: one row of `configurations`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "configurations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub station_id: Uuid,
    pub org_id: Uuid,
    pub revision: i64,
    pub chosen_id: Option<Uuid>,
    pub chosen_by: Option<Uuid>,
    pub template_id: Option<Uuid>,
    pub template_version: Option<i64>,
    pub reset_when_idle: bool,
    pub asked: bool,
    pub sync_due: bool,
    pub booted_at: Option<i64>,
    pub reset_at: Option<i64>,
    pub looked_at: Option<i64>,
    pub read_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub read_firmware: Option<String>,
    pub reading_since: Option<i64>,
    pub read_problem: Option<String>,
    pub due_at: Option<i64>,
    pub busy_until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
