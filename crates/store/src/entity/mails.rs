//! A mail: one row of `mails`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub recipient: String,
    pub kind: String,
    pub language: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed: Option<String>,
    pub state: String,
    pub attempts: i32,
    pub created_at: i64,
    pub next_at: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
