//! An invitation: one row of `invitations`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub purpose: String,
    #[sea_orm(column_type = "Text")]
    pub email: String,
    #[sea_orm(column_type = "Text")]
    pub email_key: String,
    pub language: String,
    pub roles: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub sites: Option<String>,
    pub site_id: Option<Uuid>,
    pub level: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub grants: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub denials: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub modules: Option<String>,
    pub hash: String,
    pub invited_by: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub inviter: String,
    pub mail_id: Uuid,
    pub created_at: i64,
    pub sent_at: i64,
    pub expires_at: i64,
    pub accepted_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
