//! An alert: one row of `alerts`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alerts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub site_id: Option<Uuid>,
    pub station_id: Option<Uuid>,
    pub kind: String,
    pub of_kind: Option<String>,
    pub object: String,
    pub severity: i32,
    pub state: String,
    pub open_key: Option<String>,
    pub snoozed_until: Option<i64>,
    pub owner_id: Option<Uuid>,
    pub holds: bool,
    pub count: i64,
    pub first_at: i64,
    pub last_at: i64,
    pub opened_at: i64,
    pub resolved_at: Option<i64>,
    pub ending: Option<String>,
    pub resolved_by: Option<Uuid>,
    pub previous_id: Option<Uuid>,
    pub group_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub members: String,
    pub muted: bool,
    #[sea_orm(column_type = "Text")]
    pub told: String,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
