//! Telling people of newer firmware: whoever wants to know is told once for each file and model of
//! station.

use std::collections::HashSet;

use domain::firmware::FirmwareFile;
use domain::id::{NotificationId, OrgId, StationId, UserId};
use domain::notification::{Matter, Notification};
use domain::page::PageRequest;
use domain::role::Permission;
use store::{Lane, MemberFilter};

use crate::app::App;
use crate::error::Error;
use crate::standing;

/// Tells what was not told yet, in every organisation; tells how many notices went out.
pub(crate) async fn tell(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    for org in app.store().read.libraries().await? {
        if super::has_library(app, org).await? {
            count += tell_in(app, org).await?;
        }
    }
    Ok(count)
}

async fn tell_in(app: &App, org: OrgId) -> Result<usize, Error> {
    let read = &app.store().read;
    let files = read.firmware_ready(org).await?;
    let ids: Vec<_> = files.iter().map(|file| file.id).collect();
    let told: HashSet<_> = read.firmware_told(&ids).await?.into_iter().collect();
    let mut news: Vec<(FirmwareFile, String, StationId)> = Vec::new();
    let mut seen = HashSet::new();
    for (make, station) in read.makes(org).await? {
        let Some(model) = make.model.clone() else {
            continue;
        };
        for file in files.iter().filter(|file| file.is_update_for(&make)) {
            let mark = (file.id, model.to_lowercase());
            if !told.contains(&mark) && seen.insert(mark) {
                news.push((file.clone(), model.clone(), station));
            }
        }
    }
    if news.is_empty() {
        return Ok(0);
    }
    let people = listeners(app, org).await?;
    let mut count = 0;
    for (file, model, station) in news {
        count += tell_of(app, &people, file, model, station).await?;
    }
    Ok(count)
}

async fn tell_of(
    app: &App,
    people: &[UserId],
    file: FirmwareFile,
    model: String,
    station: StationId,
) -> Result<usize, Error> {
    let (id, org) = (file.id, file.org);
    let matter = Matter::FirmwareAvailable {
        vendor: file.vendor,
        model: model.clone(),
        version: file.version,
    };
    let notice = |user: &UserId| Notification {
        id: NotificationId::from_uuid(app.draw()),
        user: *user,
        org,
        station: Some(station),
        site: None,
        matter: matter.clone(),
        sealed: None,
        at: app.now(),
        acknowledged_at: None,
    };
    let notices: Vec<_> = people.iter().map(notice).collect();
    let told = app.store().write(Lane::Org(org), move |work| {
        let (notices, model) = (notices.clone(), model.clone());
        Box::pin(async move {
            // Another node may have been faster.
            if !work.firmware_told(id, &model).await? {
                return Ok(0);
            }
            for notice in &notices {
                work.notify(notice).await?;
            }
            Ok(notices.len())
        })
    });
    Ok(told.await?)
}

/// Whoever is told of newer firmware in an organisation.
async fn listeners(app: &App, org: OrgId) -> Result<Vec<UserId>, Error> {
    let mut people = Vec::new();
    let mut page = PageRequest {
        limit: 200,
        cursor: None,
    };
    loop {
        let filter = MemberFilter::default();
        let found = app.store().read.members(org, &filter, &page).await?;
        for row in found.rows {
            let user = row.membership.user;
            let member = standing::member(app, user, org, None).await?;
            let wants = Permission::FirmwareAvailableNotify;
            if member.is_some_and(|m| m.permissions.contains(wants)) {
                people.push(user);
            }
        }
        match found.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(people),
        }
    }
}
