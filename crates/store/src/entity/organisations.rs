//! An organisation: one row of `organisations`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub parent: Option<Uuid>,
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub modules: String,
    pub created_at: i64,
    #[sea_orm(column_type = "Text")]
    pub profile: String,
    pub made_by: Option<Uuid>,
    pub made_under: Option<Uuid>,
    pub revision: i64,
    pub alert_rules_made: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
