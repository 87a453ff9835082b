//! Below which organisation one was made: that caps whoever made it, wherever it is put afterwards.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("organisations")
            .add_column(uuid_null("made_under"))
            .to_owned();
        manager.alter_table(column).await?;
        // Nothing is known of moves before this step: the one above now is as good as it gets.
        let known = Query::update()
            .table("organisations")
            .value("made_under", Expr::col("parent"))
            .and_where(Expr::col("made_by").is_not_null())
            .to_owned();
        manager.execute(known).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("organisations")
            .drop_column("made_under")
            .to_owned();
        manager.alter_table(column).await
    }
}
