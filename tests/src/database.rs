//! A database of a story's own on the PostgreSQL of the tests, so that stories do not meet.

use tokio::process::Command;

use crate::http::Failure;

/// Creates the database `name` on the server of `url`, empty; the URL of it.
pub async fn create(url: &str, name: &str) -> Result<String, Failure> {
    let (server, _) = url
        .rsplit_once('/')
        .ok_or("the URL of PostgreSQL names no database")?;
    let made = Command::new("psql")
        .args([url, "-qc", &format!("CREATE DATABASE {name}")])
        .status()
        .await
        .map_err(|e| format!("psql: {e}; it comes with PostgreSQL, see tools/prepare.sh"))?;
    if made.success() {
        Ok(format!("{server}/{name}"))
    } else {
        Err(format!("cannot create the database {name}").into())
    }
}
