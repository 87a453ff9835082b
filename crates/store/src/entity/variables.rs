//! A reported variable: one row of `variables`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variables")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub station_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub attribute: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub value: Option<String>,
    pub mutability: Option<String>,
    pub reported_at: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub traits: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
