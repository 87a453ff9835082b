//! A command: one row of `commands`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commands")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub station_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub outcome: Option<String>,
    pub epoch: Option<i64>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub settled_at: Option<i64>,
    pub user_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub user_name: Option<String>,
    pub path: String,
    pub account_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
