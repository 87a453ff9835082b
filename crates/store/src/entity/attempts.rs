//! An inbound attempt: one row of `attempts`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub remote_ip: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub path: Option<String>,
    pub identity_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub identity: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub subprotocols: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub user_agent: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub username: Option<String>,
    pub outcome: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
