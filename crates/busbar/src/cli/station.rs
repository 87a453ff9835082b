//! `busbar station`: stations, from the command line of the instance.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;

use app::stations::{NewPassword, NewStation, StationQuery};
use clap::Subcommand;
use domain::page::PageRequest;
use domain::role::Caller;

use super::Failure;
use super::station_import;
use super::user::explained;
use crate::config::Config;
use crate::rooms;

const CALLER: Caller = Caller::System {
    why: "busbar station",
};

#[derive(Debug, Subcommand)]
pub enum Station {
    /// Add a station; prints its password, which is kept nowhere in the clear.
    Add {
        /// Its name on the wire: what the charger puts at the end of the URL.
        identity: String,
        /// Its name for people.
        #[arg(long)]
        name: Option<String>,
        /// Let it in with this password instead of a drawn one.
        #[arg(long)]
        password: Option<String>,
    },
    /// Put a station away: it may not connect any more, its history stays.
    Archive {
        /// Its name on the wire.
        identity: String,
    },
    /// Add and change stations as a CSV file has them; prints a line for each row, with the
    /// passwords that were drawn.
    #[command(after_help = station_import::HELP)]
    Import {
        /// The file: UTF-8, the first row names the columns (identity, name, site, password).
        file: PathBuf,
        /// Write nothing, and say what would become of each row.
        #[arg(long)]
        dry_run: bool,
    },
    /// List stations: identity, name, whether it is connected, protocol.
    List,
}

impl Station {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let app = rooms::build(&config).await?;
        match self {
            Self::Add {
                identity,
                name,
                password,
            } => {
                let new = NewStation {
                    identity,
                    name,
                    site: None,
                    password: password.map_or(NewPassword::Drawn, NewPassword::Chosen),
                };
                let (_, password) = app::stations::create(&app, &CALLER, new)
                    .await
                    .map_err(explained)?;
                println!("{}", password.unwrap_or_default());
            }
            Self::Archive { identity } => {
                let id = app::stations::named(&app, &CALLER, &identity).await?;
                app::stations::archive(&app, &CALLER, id).await?;
                println!("{identity} is archived and may not connect any more");
            }
            Self::Import { file, dry_run } => {
                return station_import::run(&app, &CALLER, &file, dry_run).await;
            }
            Self::List => {
                let mut page = PageRequest {
                    limit: 200,
                    cursor: None,
                };
                loop {
                    let query = StationQuery::default();
                    let rows = app::stations::list(&app, &CALLER, &query, &page).await?;
                    for row in rows.rows {
                        let s = row.station;
                        let online = if s.online { "online" } else { "offline" };
                        let name = s.name.unwrap_or_default();
                        println!(
                            "{}\t{name}\t{online}\t{}",
                            s.identity,
                            s.protocol.unwrap_or_default()
                        );
                    }
                    page.cursor = rows.next;
                    if page.cursor.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
