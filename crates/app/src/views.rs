//! Views: lists as people want to see them again. A private view is its owner's own, and nobody else
//! finds it. A shared one is the organisation's: who sees its list there as a whole sees it, and
//! who may arrange the fleet (`stations.edit` in the whole organisation) shares, edits and removes it.
//! A member of some sites has views of their own alone: what others called theirs can tell of sites
//! that are not within reach.

use std::collections::BTreeMap;

use domain::id::{OrgId, ViewId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Member, Permission};
use domain::view::{View, ViewList};
use serde_json::{Value, json};
use store::{Lane, ViewFilter};

use crate::app::App;
use crate::error::Error;
use crate::review::Review;
use crate::revision::{self, Precondition};
use crate::{audit, gate};

/// The longest name, in characters.
const LONGEST_NAME: usize = 80;
/// The longest value of a parameter, in characters.
const LONGEST_VALUE: usize = 500;
/// The most views of one person in an organisation, and the most that are shared in one.
const MOST: u64 = 200;

/// What is said of a view: on creation the list and the name are needed; on a change what is not said
/// stays, and the list always does.
#[derive(Debug, Clone, Default)]
pub struct ViewEdit {
    /// What people call it.
    pub name: Option<String>,
    /// The list's parameters, by name.
    pub params: Option<BTreeMap<String, String>>,
    /// Whether others see it.
    pub shared: Option<bool>,
    /// On what the change depends.
    pub when: Precondition,
}

/// A view as somebody sees it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The view.
    pub view: View,
    /// Whether it is the caller's own.
    pub mine: bool,
    /// Whether the caller may edit and remove it.
    pub editable: bool,
    /// How often it was changed, from 1 on.
    pub revision: i64,
}

/// The person who asks; keys have no views.
fn person(caller: &Caller) -> Result<&Member, Error> {
    match caller {
        Caller::User(member) => Ok(member),
        Caller::Key { .. } | Caller::Station(..) | Caller::System { .. } => Err(Error::Denied {
            permission: None,
            why: "people_only",
        }),
    }
}

/// Whoever may share views.
async fn shares(app: &App, caller: &Caller) -> Result<(), Error> {
    gate::permit_whole(app, caller, Permission::StationsEdit).await?;
    Ok(())
}

/// What the caller sees: the views of the lists that they see, those of others only of lists that they
/// see in the whole organisation. Refused to whoever sees none of them.
struct Sight {
    org: OrgId,
    own: Vec<ViewList>,
    others: Vec<ViewList>,
    manages: bool,
}

impl Sight {
    async fn of(app: &App, caller: &Caller) -> Result<Self, Error> {
        let (mut own, mut others, mut refused) = (Vec::new(), Vec::new(), None);
        let mut org = None;
        for list in ViewList::ALL {
            match gate::permit(app, caller, list.permission()).await {
                Ok(pass) => {
                    org = Some(pass.org);
                    own.push(list);
                    if gate::permit_whole(app, caller, list.permission())
                        .await
                        .is_ok()
                    {
                        others.push(list);
                    }
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        person(caller)?;
        match (org, refused) {
            (Some(org), _) => Ok(Self {
                org,
                own,
                others,
                manages: shares(app, caller).await.is_ok(),
            }),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::NotFound),
        }
    }

    fn filter(&self, member: &Member, list: Option<ViewList>) -> ViewFilter {
        let wanted = |one: &&ViewList| list.is_none_or(|list| list == **one);
        let lists: Vec<ViewList> = self.own.iter().filter(wanted).copied().collect();
        ViewFilter {
            owner: member.user,
            // Roles reach the whole organisation or some of its sites, whatever the list.
            shared: lists.iter().all(|list| self.others.contains(list)),
            lists,
        }
    }

    fn row(&self, member: &Member, (view, revision): (View, i64)) -> Row {
        let mine = view.owner == member.user;
        Row {
            editable: if view.shared { self.manages } else { mine },
            mine,
            view,
            revision,
        }
    }
}

/// Views that the caller sees, by name: their own and those that are shared, of one list or of all.
pub async fn list(
    app: &App,
    caller: &Caller,
    list: Option<ViewList>,
    page: &PageRequest,
) -> Result<Page<Row>, Error> {
    let sight = Sight::of(app, caller).await?;
    let member = person(caller)?;
    let filter = sight.filter(member, list);
    let page = app.store().read.views(sight.org, &filter, page).await?;
    Ok(page.map(|found| sight.row(member, found)))
}

/// A view that the caller sees.
pub async fn find(app: &App, caller: &Caller, id: ViewId) -> Result<Row, Error> {
    let sight = Sight::of(app, caller).await?;
    row(app, caller, &sight, id).await
}

async fn row(app: &App, caller: &Caller, sight: &Sight, id: ViewId) -> Result<Row, Error> {
    let member = person(caller)?;
    let filter = sight.filter(member, None);
    let found = app.store().read.view(sight.org, &filter, id).await?;
    Ok(sight.row(member, found.ok_or(Error::NotFound)?))
}

fn review(view: &View) -> Result<(), Error> {
    let mut review = Review::default();
    review.needed("/name", Some(&view.name), LONGEST_NAME);
    for (name, value) in &view.params {
        let at = format!("/params/{}", name.replace('~', "~0").replace('/', "~1"));
        let known = view.list.params();
        let detail = format!(
            "There is no such parameter; there are {}.",
            known.join(", ")
        );
        review.refuse(!known.contains(&name.as_str()), &at, "unknown", detail);
        review.needed(&at, Some(value), LONGEST_VALUE);
    }
    review.passed()
}

fn told(view: &View) -> Value {
    json!({"name": view.name, "list": view.list, "params": view.params, "shared": view.shared})
}

fn too_many() -> Error {
    Error::conflict(
        "too_many",
        format!("At most {MOST} views of a person, and as many shared ones, in an organisation."),
    )
}

/// Keeps a list as a view: private, or shared with `stations.edit` in the whole organisation.
pub async fn create(
    app: &App,
    caller: &Caller,
    list: ViewList,
    new: ViewEdit,
) -> Result<Row, Error> {
    let pass = gate::permit(app, caller, list.permission()).await?;
    let member = person(caller)?;
    let shared = new.shared.unwrap_or_default();
    if shared {
        shares(app, caller).await?;
    }
    let (org, owner) = (pass.org, member.user);
    let view = View {
        id: ViewId::from_uuid(app.draw()),
        org,
        owner,
        owner_name: member.name.clone(),
        name: new.name.unwrap_or_default().trim().to_owned(),
        list,
        params: new.params.unwrap_or_default(),
        shared,
        created_at: app.now(),
    };
    review(&view)?;
    let (id, after) = (view.id, told(&view));
    let deed = audit::row(app, caller, org, "views.create", id, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (view, deed) = (view.clone(), deed.clone());
        Box::pin(async move {
            let mine = work.views_count(org, Some(owner)).await?;
            let others = if shared {
                work.views_count(org, None).await?
            } else {
                0
            };
            let room = mine < MOST && others < MOST;
            if room {
                work.view_insert(&view).await?;
                work.audit(&deed);
            }
            Ok(room)
        })
    });
    if !written.await? {
        return Err(too_many());
    }
    find(app, caller, id).await
}

/// Changes a view: a private one its owner, a shared one who may share. Its owner takes a shared one
/// back without that.
pub async fn edit(app: &App, caller: &Caller, id: ViewId, edit: ViewEdit) -> Result<Row, Error> {
    let sight = Sight::of(app, caller).await?;
    let found = row(app, caller, &sight, id).await?;
    edit.when.admits(found.revision)?;
    let (before, from) = (found.view, found.revision);
    let shared = edit.shared.unwrap_or(before.shared);
    if before.shared && !shared && !found.mine {
        // It would be gone for whoever did this, and be in nobody's way but its owner's.
        return Err(Error::Denied {
            permission: None,
            why: "permission_denied",
        });
    }
    if shared {
        shares(app, caller).await?;
    }
    let view = View {
        name: edit
            .name
            .map_or_else(|| before.name.clone(), |n| n.trim().to_owned()),
        params: edit.params.unwrap_or_else(|| before.params.clone()),
        shared,
        ..before.clone()
    };
    review(&view)?;
    let (org, was, is) = (sight.org, told(&before), told(&view));
    let more = shared && !before.shared;
    let deed = audit::row(app, caller, org, "views.edit", id, Some(&was), Some(&is));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (view, deed) = (view.clone(), deed.clone());
        Box::pin(async move {
            if more && work.views_count(org, None).await? >= MOST {
                return Ok(None);
            }
            let done = work.view_update(&view, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(Some(done))
        })
    });
    match written.await? {
        None => Err(too_many()),
        Some(false) => Err(revision::stale()),
        Some(true) => row(app, caller, &sight, id).await,
    }
}

/// Removes a view: its owner, or of a shared one who may share.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: ViewId,
    when: &Precondition,
) -> Result<(), Error> {
    let sight = Sight::of(app, caller).await?;
    let found = row(app, caller, &sight, id).await?;
    when.admits(found.revision)?;
    if !found.mine {
        shares(app, caller).await?;
    }
    let (org, from, before) = (sight.org, found.revision, told(&found.view));
    let deed = audit::row(app, caller, org, "views.remove", id, Some(&before), None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.view_delete(id, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match written.await? {
        true => Ok(()),
        false => Err(revision::stale()),
    }
}
