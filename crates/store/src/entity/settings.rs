//! A wish for one variable of one station: one row of `settings`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub station_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub org_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub value: String,
    pub reaction: String,
    pub template_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub by_name: String,
    pub set_at: i64,
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub found: Option<String>,
    pub drift: bool,
    pub outcome: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    pub outcome_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub firmware: Option<String>,
    pub applied: bool,
    pub reboots: bool,
    #[sea_orm(column_type = "Text")]
    pub reverts: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
