//! A whole app for tests: a SQLite file in a directory of its own, the bus of one node, a clock
//! that stands still, ids counted from a seed. Jobs are drained by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

use std::sync::Arc;
use std::time::Duration;

use access::{Gate, Policy};
use bus::Bus;
use chrono::DateTime;
use domain::clock::{FixedClock, IdSource, Moment, SeededIds};
use domain::id::{LogId, NodeId, OrgId, SiteId, StationId, UserId};
use domain::message::{Boot, Message, Reply};
use domain::module::ModuleSet;
use domain::personal::Personal;
use domain::role::{Caller, Member, Role, RoleSet, Scope};
use domain::station::Hardware;
use domain::wire_log::{Direction, FrameKind, LogRow};
use egress::mail::Post;
use store::{Options, Store};
use tempfile::TempDir;

use crate::connections::{self, Admission};
use crate::ingest::{self, Failure, Heard};
use crate::setup::FirstPerson;
use crate::stations::{NewPassword, NewStation};
use crate::{App, AppParts, PasswordCost, Settings, StationLink, StationSecret, UnknownStations};
use crate::{jobs, logins, me, setup, standing, stations, users};

/// The password of the first administrator.
pub const PASSWORD: &str = "correct horse battery";

/// An app of a test.
pub struct TestApp {
    /// The app.
    pub app: App,
    /// Its clock.
    pub clock: FixedClock,
    /// Its bus.
    pub bus: Bus,
    /// The organisation made by the setup.
    pub org: OrgId,
    /// Its Administrator, signed in.
    pub admin: Caller,
    /// The Administrator's cookie.
    pub cookie: String,
    gate: Gate,
    directory: TempDir,
}

impl TestApp {
    /// An app after its setup, at noon of a day in 2026.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// An app after its setup with settings of its own.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::made(change, None).await
    }

    /// An app after its setup, with a mail server.
    pub async fn with_post(post: Post) -> Self {
        Self::made(|_| {}, Some(post)).await
    }

    async fn made(change: impl FnOnce(&mut Settings), post: Option<Post>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", directory.path().display());
        let clock = FixedClock::at(noon());
        let ids = Arc::new(SeededIds::from_seed(1));
        let node = NodeId::from_uuid(ids.draw());
        let bus = Bus::local(node);
        let gate = Gate::new(Policy::built_in().await.unwrap());
        let mut settings = Settings {
            command_timeout: Duration::from_secs(5),
            password_cost: PasswordCost {
                memory_kib: 8,
                rounds: 1,
            },
            unknown_stations: UnknownStations::Pending,
            files: crate::FilesSettings {
                dir: directory.path().join("files"),
                ..crate::FilesSettings::default()
            },
            ..Settings::default()
        };
        change(&mut settings);
        let app = App::new(AppParts {
            store: Store::open(&url, Options::default()).await.unwrap(),
            bus: bus.clone(),
            gate: gate.clone(),
            clock: Arc::new(clock.clone()),
            ids,
            settings,
            secret: StationSecret::new([7; 32]),
            post: post.unwrap_or_else(|| folder(&directory)),
            identity_provider: None,
            webhooks: egress::webhook::Client::new(egress::webhook::Allowed::default()).unwrap(),
        });
        let token = setup::create_link(&app, &Caller::System { why: "test" })
            .await
            .unwrap();
        let first = FirstPerson {
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
            password: PASSWORD.to_owned(),
            organisation: "Depot".to_owned(),
        };
        let (cookie, me) = setup::finish(&app, &token, &first, None, None)
            .await
            .unwrap();
        let admin = logins::caller(&app, &cookie).await.unwrap().unwrap();
        Self {
            org: me.organisation,
            app,
            clock,
            bus,
            admin,
            cookie,
            gate,
            directory,
        }
    }

    /// The code that an authenticator app shows now for a seed.
    pub fn code(&self, seed: &str) -> String {
        crate::totp::shown(seed, self.app.now()).unwrap()
    }

    /// Where the database lies.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Sends what waits, and reads the mails to somebody that lie in the outbox folder, the oldest
    /// first.
    pub async fn mails_to(&self, email: &str) -> Vec<String> {
        jobs::send_mails(&self.app).await;
        let folder = std::fs::read_dir(self.directory.path().join("outbox"));
        let mut files: Vec<_> = folder
            .map(|all| all.map(|file| file.unwrap().path()).collect())
            .unwrap_or_default();
        files.sort();
        let mails = files.iter().map(|f| std::fs::read_to_string(f).unwrap());
        let to = format!("To: {email}");
        mails.filter(|mail| mail.contains(&to)).collect()
    }

    /// Somebody with these roles in the organisation, at these sites or all.
    pub fn caller(&self, roles: &[Role], sites: Option<Vec<SiteId>>) -> Caller {
        let roles: RoleSet = roles.iter().copied().collect();
        Caller::User(Member {
            user: UserId::from_uuid(self.app.draw()),
            name: "Bo".to_owned(),
            login: None,
            viewed_as: None,
            scope: Scope {
                org: self.org,
                sites,
            },
            roles,
            capped: false,
            permissions: self.gate.permissions(roles, &ModuleSet::everything()),
            site_rights: std::collections::BTreeMap::new(),
        })
    }

    /// An account with these roles in the organisation, signed in.
    pub async fn person(&self, name: &str, roles: &[Role]) -> Caller {
        let system = Caller::System { why: "test" };
        let email = format!("{}@example.org", name.to_lowercase());
        let roles: RoleSet = roles.iter().copied().collect();
        let user = users::create(&self.app, &system, &email, name, PASSWORD, roles, None)
            .await
            .unwrap();
        self.caller_of(user, self.org).await
    }

    /// What a person is in an organisation at this moment.
    pub async fn caller_of(&self, user: UserId, org: OrgId) -> Caller {
        let member = standing::member(&self.app, user, org, None).await.unwrap();
        Caller::User(member.unwrap())
    }

    /// The same person as they are at this moment; none when they are nobody any more.
    pub async fn standing(&self, caller: &Caller) -> Option<Caller> {
        standing::again(&self.app, caller).await.unwrap()
    }

    /// A person made by [`TestApp::person`], signed in to an organisation.
    pub async fn signed_in(&self, name: &str, org: OrgId) -> Caller {
        let email = format!("{}@example.org", name.to_lowercase());
        let visitor = logins::Visitor::default();
        let opened = logins::open(&self.app, &email, PASSWORD, visitor).await;
        let Ok(logins::SignIn::Opened { cookie, .. }) = opened else {
            panic!("not signed in: {opened:?}");
        };
        let caller = logins::caller(&self.app, &cookie).await.unwrap().unwrap();
        if caller.member().unwrap().scope.org != org {
            me::switch(&self.app, &caller, org).await.unwrap();
        }
        logins::caller(&self.app, &cookie).await.unwrap().unwrap()
    }

    /// Makes a person a member of an organisation, without asking anybody.
    pub async fn join(&self, user: UserId, org: OrgId, roles: &[Role]) -> Caller {
        self.enrol(user, org, roles).await;
        self.caller_of(user, org).await
    }

    /// Gives a person these roles in an organisation, without asking anybody.
    pub async fn enrol(&self, user: UserId, org: OrgId, roles: &[Role]) {
        let roles: RoleSet = roles.iter().copied().collect();
        let membership = store::MembershipRow::new(user, org, roles, self.app.now());
        let written = self.app.store().write(store::Lane::Org(org), move |work| {
            let membership = membership.clone();
            Box::pin(async move { work.membership_put(&membership).await })
        });
        written.await.unwrap();
    }

    /// A station without a password.
    pub async fn station(&self, identity: &str, site: Option<SiteId>) -> StationId {
        let new = NewStation {
            identity: identity.to_owned(),
            name: None,
            site,
            password: NewPassword::None,
        };
        let (view, _) = stations::create(&self.app, &self.admin, new).await.unwrap();
        view.station.id
    }

    /// Opens a connection of a station.
    pub async fn connect(&self, identity: &str) -> StationLink {
        let admitted = connections::admit(&self.app, identity, None, "test", "192.0.2.1")
            .await
            .unwrap();
        let (Admission::Known(entry) | Admission::Pending(entry)) = admitted else {
            panic!("refused: {admitted:?}");
        };
        connections::open(&self.app, entry, "test", "192.0.2.1")
            .await
            .unwrap()
    }

    /// A registered, connected and booted station.
    pub async fn booted(&self, identity: &str, site: Option<SiteId>) -> StationLink {
        self.station(identity, site).await;
        let mut link = self.connect(identity).await;
        let boot = Boot {
            hardware: Hardware::default(),
            reason: None,
        };
        self.say(&mut link, Message::Boot(boot)).await.unwrap();
        link
    }

    /// A station says something.
    pub async fn say(&self, link: &mut StationLink, message: Message) -> Result<Reply, Failure> {
        let log = self.frame(link, "Test", "{}", &[]);
        let heard = Heard {
            at: self.app.now(),
            message,
            requested: false,
            log,
            deviations: Vec::new(),
        };
        ingest::hear(&self.app, link, heard).await
    }

    /// An incoming call as the wire log keeps it.
    pub fn frame(
        &self,
        link: &StationLink,
        action: &str,
        payload: &str,
        personal: &[(u32, u32)],
    ) -> LogRow {
        LogRow {
            id: LogId::from_uuid(self.app.draw()),
            station: link.id(),
            at: self.app.now(),
            direction: Direction::In,
            kind: FrameKind::Call,
            message_id: Some("1".to_owned()),
            action: Some(action.to_owned()),
            payload: Personal::new(payload.to_owned()),
            personal: personal.to_vec(),
            error_code: None,
            latency_ms: None,
            deviations: Vec::new(),
            session: None,
        }
    }
}

fn folder(directory: &TempDir) -> Post {
    Post::folder(directory.path().join("outbox"), None).unwrap()
}

/// The moment at which test clocks stand.
#[must_use]
pub fn noon() -> Moment {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}
