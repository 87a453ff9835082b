//! One station of a batch: one row of `batch_items`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "batch_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub batch_id: Uuid,
    pub station_id: Uuid,
    pub wave: i32,
    pub state: String,
    pub phase: Option<String>,
    pub reason: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason_text: Option<String>,
    pub command_id: Option<Uuid>,
    pub tries: i32,
    pub begun_at: Option<i64>,
    pub settled_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::stations::Entity",
        from = "Column::StationId",
        to = "super::stations::Column::Id"
    )]
    Station,
    #[sea_orm(
        belongs_to = "super::commands::Entity",
        from = "Column::CommandId",
        to = "super::commands::Column::Id"
    )]
    Command,
}

impl ActiveModelBehavior for ActiveModel {}
