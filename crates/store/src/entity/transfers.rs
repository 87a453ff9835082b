//! A file on its way to or from a station: one row of `transfers`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub station_id: Uuid,
    pub kind: String,
    pub transport: String,
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub status: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub file_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub version: Option<String>,
    pub command_id: Uuid,
    pub secret: Option<String>,
    pub expires_at: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    pub bytes: Option<i64>,
    pub sha256: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub user_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub user_name: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
