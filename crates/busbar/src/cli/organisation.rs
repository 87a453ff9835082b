//! `busbar organisation`: the tree of organisations, and what each may use, by the operator of the
//! instance. The root's modules are nobody else's to change.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use app::organisations::modules::{self, Uses};
use clap::Subcommand;
use domain::id::OrgId;
use domain::module::ModuleSet;
use domain::role::Caller;

use super::Failure;
use super::user::explained;
use crate::config::Config;
use crate::rooms;

const CALLER: Caller = Caller::System {
    why: "busbar organisation",
};

#[derive(Debug, Subcommand)]
pub enum Organisation {
    /// List organisations: id, the id of the one above, name, how many modules, paid modules.
    List,
    /// List all modules that there are, with a mark at those that an organisation has.
    Modules {
        /// Its id.
        id: OrgId,
    },
    /// Say what an organisation may use, in place of what it was.
    SetModules {
        /// Its id.
        id: OrgId,
        /// `Module/Submodule`; several with commas, or `all`.
        #[arg(long, value_delimiter = ',', required = true)]
        modules: Vec<String>,
        /// Paid modules; several with commas, or `all`.
        #[arg(long, value_delimiter = ',')]
        paid: Vec<String>,
        /// Take what it loses from the organisations below it too; without this the change is
        /// refused while they have it.
        #[arg(long)]
        end_uses: bool,
    },
}

impl Organisation {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let app = rooms::build(&config).await?;
        let everywhere = app::organisations::everywhere(&app, &CALLER).await?;
        match self {
            Self::List => {
                for one in everywhere {
                    let above = one.organisation.parent;
                    let above = above.map_or_else(|| "-".to_owned(), |id| id.to_string());
                    let paid: Vec<String> = one.modules.paid.into_iter().collect();
                    let (id, name) = (one.organisation.id, one.organisation.name);
                    let count = one.modules.modules.len();
                    println!("{id}\t{above}\t{name}\t{count}\t{}", paid.join(","));
                }
            }
            Self::Modules { id } => {
                let one = everywhere.into_iter().find(|o| o.organisation.id == id);
                let has = one.ok_or("there is no such organisation")?.modules;
                let all = ModuleSet::everything();
                let mark = |on: bool| if on { "yes" } else { "no" };
                for module in &all.modules {
                    println!("{module}\t{}", mark(has.modules.contains(module)));
                }
                for paid in &all.paid {
                    println!("{paid}\t{}", mark(has.paid.contains(paid)));
                }
            }
            Self::SetModules {
                id,
                modules: names,
                paid,
                end_uses,
            } => {
                let all = ModuleSet::everything();
                let named = |names: Vec<String>, all| match names.as_slice() {
                    [one] if one == "all" => all,
                    _ => names.into_iter().collect(),
                };
                let set = ModuleSet {
                    modules: named(names, all.modules),
                    paid: named(paid, all.paid),
                };
                let uses = if end_uses { Uses::End } else { Uses::Refuse };
                let done = modules::operate(&app, &CALLER, id, set, uses).await;
                let done = done.map_err(explained)?;
                let (name, count) = (done.organisation.name, done.modules.modules.len());
                let paid = done.modules.paid.len();
                println!("{name} has {count} modules and {paid} paid ones now");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
