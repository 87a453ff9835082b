//! A site: one row of `sites`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sites")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub address: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub city: Option<String>,
    pub country: Option<String>,
    pub time_zone: String,
    pub latitude_e7: Option<i64>,
    pub longitude_e7: Option<i64>,
    pub admin_state: String,
    pub accessibility: String,
    pub created_at: i64,
    pub revision: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_ref: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
