//! A station nobody registered: one row of `unclaimed`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unclaimed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub identity_key: String,
    pub identity: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub attempts: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub vendor: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub model: Option<String>,
    pub protocol: Option<String>,
    pub remote_ip: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
