//! What an operator is told: one row of `notifications`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub org_id: Uuid,
    pub station_id: Option<Uuid>,
    pub site_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub matter: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed: Option<String>,
    pub created_at: i64,
    pub acknowledged_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
