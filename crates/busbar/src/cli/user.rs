//! `busbar user`: people and their roles, from the command line of the instance.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use app::invitations::NewInvitation;
use clap::Subcommand;
use domain::id::OrgId;
use domain::invitation::Purpose;
use domain::mail::Language;
use domain::member::Assignment;
use domain::role::{Caller, Role, RoleSet};

use super::Failure;
use crate::config::Config;
use crate::rooms;

const CALLER: Caller = Caller::System { why: "busbar user" };

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person with roles. The password is asked for, or read from a pipe, one line.
    Create {
        /// Mail address, by which the person signs in.
        email: String,
        /// The person's name.
        #[arg(long)]
        name: String,
        /// Roles, such as `administrator` or `technician`; several with commas.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<String>,
        /// In which organisation (`busbar organisation list`); the root when not given.
        #[arg(long, value_name = "ID")]
        organisation: Option<OrgId>,
    },
    /// Give a person another password, asked for or read from a pipe; ends the person's web sessions.
    ResetPassword {
        /// Mail address.
        email: String,
    },
    /// Remove a person's authenticator app, recovery codes and passkeys, and end their web sessions;
    /// the password stays.
    ResetSecondFactor {
        /// Mail address.
        email: String,
    },
    /// Give a person other roles than before.
    SetRoles {
        /// Mail address.
        email: String,
        /// Roles, several with commas; `none` ends the person's web sessions and lets nobody sign
        /// in with the address.
        roles: String,
        /// In which organisation (`busbar organisation list`); the root when not given.
        #[arg(long, value_name = "ID")]
        organisation: Option<OrgId>,
    },
    /// Invite a person by mail; prints the link where no mail server is configured.
    Invite {
        /// Mail address.
        email: String,
        /// Roles, such as `administrator` or `technician`; several with commas.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<String>,
        /// In which organisation (`busbar organisation list`); the root when not given.
        #[arg(long, value_name = "ID")]
        organisation: Option<OrgId>,
        /// The language of the mail.
        #[arg(long, default_value = "en", value_parser = ["en", "de"])]
        language: String,
    },
    /// Put a member away: nobody in the organisation from now on, web sessions and keys included,
    /// until restored.
    Archive {
        /// Mail address.
        email: String,
        /// In which organisation (`busbar organisation list`); the root when not given.
        #[arg(long, value_name = "ID")]
        organisation: Option<OrgId>,
    },
    /// Bring an archived member back, with the roles of before.
    Restore {
        /// Mail address.
        email: String,
        /// In which organisation (`busbar organisation list`); the root when not given.
        #[arg(long, value_name = "ID")]
        organisation: Option<OrgId>,
    },
    /// List people: address, name, roles and organisation, a line for each membership, and whether it
    /// is archived.
    List,
}

impl User {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        match self {
            Self::Create {
                email,
                name,
                roles,
                organisation,
            } => {
                let roles = read_roles(&roles)?;
                let password = read_password()?;
                let app = rooms::build(&config).await?;
                let made = app::users::create(
                    &app,
                    &CALLER,
                    &email,
                    &name,
                    &password,
                    roles,
                    organisation,
                );
                let id = made.await.map_err(explained)?;
                println!("{id}");
            }
            Self::ResetPassword { email } => {
                let app = rooms::build(&config).await?;
                // Before anybody types a password for an address with a slip in it.
                let known = app::users::find(&app, &CALLER, &email, None);
                known.await.map_err(explained)?;
                let password = read_password()?;
                app::users::reset_password(&app, &CALLER, &email, &password)
                    .await
                    .map_err(explained)?;
                println!("the password was changed and all web sessions of {email} ended");
            }
            Self::ResetSecondFactor { email } => {
                let app = rooms::build(&config).await?;
                let removed = app::users::reset_second_factor(&app, &CALLER, &email);
                let (authenticator, passkeys) = removed.await.map_err(explained)?;
                let authenticator = if authenticator { "an" } else { "no" };
                println!(
                    "removed {authenticator} authenticator app and {passkeys} passkeys; all web \
                     sessions of {email} ended"
                );
            }
            Self::SetRoles {
                email,
                roles,
                organisation,
            } => {
                let roles = match roles.as_str() {
                    "none" => RoleSet::EMPTY,
                    some => read_roles(&some.split(',').map(str::to_owned).collect::<Vec<_>>())?,
                };
                let app = rooms::build(&config).await?;
                app::users::set_roles(&app, &CALLER, &email, roles, organisation)
                    .await
                    .map_err(explained)?;
                println!("{email} has other roles now");
            }
            Self::Invite {
                email,
                roles,
                organisation,
                language,
            } => {
                let purpose = Purpose::Member(Assignment {
                    roles: read_roles(&roles)?,
                    sites: None,
                });
                let app = rooms::build(&config).await?;
                let org = app::users::organisation(&app, &CALLER, organisation);
                let org = org.await.map_err(explained)?;
                let new = NewInvitation {
                    email,
                    purpose,
                    language: Language::from_tag(&language),
                };
                let sent = app::invitations::create(&app, &CALLER, org, new);
                match sent.await.map_err(explained)?.link {
                    Some(link) => println!("{link}"),
                    None => println!("the mail goes out as soon as the server runs"),
                }
            }
            Self::Archive {
                email,
                organisation,
            } => {
                let app = rooms::build(&config).await?;
                let found = app::users::find(&app, &CALLER, &email, organisation);
                let (user, org) = found.await.map_err(explained)?;
                let done = app::members::archive(&app, &CALLER, org, user, None);
                done.await.map_err(explained)?;
                println!("{email} is archived, and all their web sessions and keys there are over");
            }
            Self::Restore {
                email,
                organisation,
            } => {
                let app = rooms::build(&config).await?;
                let found = app::users::find(&app, &CALLER, &email, organisation);
                let (user, org) = found.await.map_err(explained)?;
                let done = app::members::restore(&app, &CALLER, org, user);
                done.await.map_err(explained)?;
                println!("{email} is a member again");
            }
            Self::List => {
                let app = rooms::build(&config).await?;
                for user in app::users::list(&app, &CALLER).await? {
                    if user.memberships.is_empty() {
                        println!("{}\t{}\t\t", user.email, user.name);
                    }
                    for member in user.memberships {
                        let roles: Vec<&str> = member.roles.iter().map(Role::key).collect();
                        let away = member.archived_at.map_or("", |_| "\tarchived");
                        let (roles, org) = (roles.join(","), member.org);
                        println!("{}\t{}\t{roles}\t{org}{away}", user.email, user.name);
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read_roles(words: &[String]) -> Result<RoleSet, Failure> {
    words
        .iter()
        .map(|word| {
            Role::from_key(word.trim()).ok_or_else(|| {
                let known: Vec<&str> = Role::ALL.iter().map(|r| r.key()).collect();
                format!("{word:?} is no role; the roles are {}", known.join(", ")).into()
            })
        })
        .collect()
}

/// From a person at the terminal, who sees nothing of it, or the first line of a pipe.
fn read_password() -> Result<String, Failure> {
    let input = std::io::stdin();
    let mut line = String::new();
    if input.is_terminal() {
        line = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("The same again: ")? != line {
            return Err("the two are not the same: nothing was changed".into());
        }
    } else {
        input.lock().read_line(&mut line)?;
    }
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err("no password on standard input".into());
    }
    Ok(password.to_owned())
}

/// The places of an invalid request, in the words of the command line.
pub(super) fn explained(error: app::Error) -> Failure {
    match error {
        app::Error::Invalid { problems } => {
            let texts: Vec<String> = problems
                .into_iter()
                .map(|p| format!("{}: {}", p.pointer.trim_start_matches('/'), p.detail))
                .collect();
            texts.join("; ").into()
        }
        other => other.into(),
    }
}
