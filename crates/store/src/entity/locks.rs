//! A lock: one row of `locks`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "locks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub station_id: Uuid,
    pub org_id: Uuid,
    pub epoch: i64,
    pub locked_by: Uuid,
    #[sea_orm(column_type = "Text")]
    pub locker: String,
    #[sea_orm(column_type = "Text")]
    pub contact: String,
    pub locked_at: i64,
    #[sea_orm(column_type = "Text")]
    pub password: String,
    #[sea_orm(column_type = "Text")]
    pub critical: String,
    pub cap_ma: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub puk: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub puk_tries: String,
    #[sea_orm(column_type = "Text")]
    pub watch: String,
    pub looked_at: Option<i64>,
    pub due_at: Option<i64>,
    pub busy_until: i64,
    pub removed_at: Option<i64>,
    pub removed_how: Option<String>,
    pub removed_by: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub remover: Option<String>,
    pub drifting: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
