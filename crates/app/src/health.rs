//! Whether this node can do its work.

use crate::app::App;

/// Whether the database answers.
pub async fn ready(app: &App) -> bool {
    app.store().read.ping().await.is_ok()
}
