//! Wishes, templates, and whose turn it is: the same on both databases.

use busbar_store::{Configuration, DriftFilter, Lane, Store};
use domain::command::{VariableName, WriteResult, Written};
use domain::id::{NodeId, OrgId, StationId, TemplateId, UserId};
use domain::page::PageRequest;
use domain::setting::{Fit, Reaction, Setting, SettingOrigin, Template, TemplateBody, Wish};
use domain::station::Hardware;
use domain::variable::{Mutability, Traits, VariableReading};

use crate::{at, id, station};

fn org() -> OrgId {
    OrgId::from_uuid(id(9_000))
}

fn named(variable: &str) -> VariableName {
    VariableName::of("Box", variable)
}

fn template() -> TemplateId {
    TemplateId::from_uuid(id(9_500))
}

/// A wish that the station answered and has otherwise now.
fn drifted(variable: &str, origin: SettingOrigin) -> Setting {
    let wish = Wish {
        name: named(variable),
        value: "5".to_owned(),
        reaction: Reaction::Revert,
    };
    let account = Some(UserId::from_uuid(id(9_001)));
    let mut setting = Setting::new(wish, origin, account, "Ana".to_owned(), at(1_000));
    setting.begin(at(2_000));
    let answer = WriteResult {
        name: named(variable),
        result: Written::RebootRequired,
        reason: Some("Later".to_owned()),
    };
    setting.answered(&answer, Some("1.2"), at(3_000));
    setting.seen(Some("9".to_owned()))
}

async fn due(store: &Store, now: i64) -> Vec<StationId> {
    let due = store
        .read
        .configurations_due(at(now), at(now - 86_400_000), 64);
    let due = due.await.unwrap().into_iter();
    due.filter(|one| one.org == org())
        .map(|one| one.station)
        .collect()
}

/// Everything about wishes.
pub async fn wishes_are_kept(store: &Store) {
    let mut place = station(9_100);
    place.org = org();
    let (id_of, row) = (place.id, place.clone());
    let written = store.write(Lane::Station(id_of), move |work| {
        let row = row.clone();
        Box::pin(async move {
            work.station_insert(&row, None).await?;
            work.configuration_booted(org(), row.id, at(5_000)).await?;
            let all = [
                drifted("One", SettingOrigin::Hand),
                drifted("Two", SettingOrigin::Template(template())),
            ];
            work.settings_put(org(), row.id, &all).await
        })
    });
    written.await.unwrap();
    let kept = store.read.settings(id_of).await.unwrap();
    let right = [
        drifted("One", SettingOrigin::Hand),
        drifted("Two", SettingOrigin::Template(template())),
    ];
    assert_eq!(kept, right);
    // Its templates are compared although it is away; then it waits until it is connected.
    assert_eq!(due(store, 6_000).await, [id_of]);
    let synced = store.write(Lane::Station(id_of), move |work| {
        Box::pin(async move {
            let mut one = work.configuration(id_of).await?.unwrap();
            assert_eq!((one.revision, one.booted_at), (1, Some(at(5_000))));
            one.sync_due = false;
            one.looked_at = Some(at(5_500));
            one.due_at = None;
            one.template = Some((template(), 3));
            work.configuration_put(&one).await?;
            assert!(
                work.configuration_claim(id_of, at(6_000), at(9_000))
                    .await?
            );
            assert!(
                !work
                    .configuration_claim(id_of, at(6_500), at(9_500))
                    .await?
            );
            work.configuration_rest(id_of, at(7_000)).await
        })
    });
    synced.await.unwrap();
    assert!(due(store, 8_000).await.is_empty());
    let connected = store.write(Lane::Station(id_of), move |work| {
        Box::pin(async move {
            let node = NodeId::from_uuid(id(9_900));
            work.connected(id_of, 1, node, "ocpp2.0.1", at(8_000)).await
        })
    });
    assert!(connected.await.unwrap());
    assert!(
        due(store, 6_900).await.is_empty(),
        "somebody is busy with it"
    );
    assert_eq!(due(store, 8_100).await, [id_of], "it connected since");
    let looked = store.write(Lane::Station(id_of), move |work| {
        Box::pin(async move {
            let found = work.configuration(id_of).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org(), id_of));
            one.looked_at = Some(at(8_200));
            work.configuration_put(&one).await?;
            work.configuration_rest(id_of, at(8_200)).await?;
            work.configuration_due(id_of, at(20_000)).await
        })
    });
    looked.await.unwrap();
    assert!(due(store, 19_999).await.is_empty());
    assert_eq!(due(store, 20_000).await, [id_of]);
    drift_is_listed(store, id_of).await;
    templates_have_versions(store).await;
    readings_keep_what_was_told(store, id_of).await;
    models_are_remembered(store).await;
}

async fn drift_is_listed(store: &Store, place: StationId) {
    let page = |cursor| PageRequest { limit: 1, cursor };
    let all = DriftFilter::default();
    let first = store.read.drift(org(), &all, &page(None)).await.unwrap();
    assert_eq!(first.rows.len(), 1);
    assert_eq!(first.rows[0].station, place);
    let next = store.read.drift(org(), &all, &page(first.next)).await;
    let next = next.unwrap();
    assert_eq!((next.rows.len(), next.next), (1, None));
    assert_eq!(next.rows[0].setting.wish.name, named("Two"));
    let of_template = DriftFilter {
        template: Some(template()),
        q: Some("TWO".to_owned()),
        ..DriftFilter::default()
    };
    let found = store.read.drift(org(), &of_template, &page(None)).await;
    assert_eq!(found.unwrap().rows.len(), 1);
    let nowhere = DriftFilter {
        sites: Some(Vec::new()),
        ..DriftFilter::default()
    };
    let found = store.read.drift(org(), &nowhere, &page(None)).await;
    assert!(found.unwrap().rows.is_empty());
    let other = OrgId::from_uuid(id(9_999));
    let found = store.read.drift(other, &all, &page(None)).await;
    assert!(found.unwrap().rows.is_empty());
    let counted = store.read.drift_by_template(org()).await.unwrap();
    assert_eq!(counted.get(&template()), Some(&1));
}

async fn templates_have_versions(store: &Store) {
    let made = Template {
        id: template(),
        org: org(),
        body: TemplateBody {
            name: "Depot".to_owned(),
            fit: Fit::default(),
            automatic: true,
            priority: 2,
            reset_when_idle: false,
            values: Vec::new(),
        },
        version: 1,
        created_at: at(1_000),
        edited_at: at(1_000),
        edited_by: "Ana".to_owned(),
    };
    let mut second = made.clone();
    second.version = 2;
    second.body.priority = 7;
    let (first, newer) = (made.clone(), second.clone());
    let written = store.write(Lane::Org(org()), move |work| {
        let (first, newer) = (first.clone(), newer.clone());
        Box::pin(async move {
            work.template_insert(&first).await?;
            assert!(work.template_update(&newer, 1).await?);
            assert!(!work.template_update(&newer, 1).await?, "it is at 2");
            work.configurations_sync(org()).await
        })
    });
    written.await.unwrap();
    let found = store.read.template(org(), template()).await.unwrap();
    assert_eq!(found, Some(second));
    let page = PageRequest {
        limit: 1,
        cursor: None,
    };
    let versions = store.read.template_versions(template(), &page).await;
    let versions = versions.unwrap();
    assert_eq!((versions.rows[0].0, versions.rows[0].1.priority), (2, 7));
    assert!(versions.next.is_some());
    let gone = store.write(Lane::Org(org()), |work| {
        Box::pin(async move {
            assert!(!work.template_delete(template(), 1).await?);
            work.template_delete(template(), 2).await
        })
    });
    assert!(gone.await.unwrap());
    assert!(store.read.templates(org()).await.unwrap().is_empty());
}

/// What a report told of a variable stays when an answer tells its value alone.
async fn readings_keep_what_was_told(store: &Store, place: StationId) {
    let told = VariableReading {
        name: named("Three"),
        attribute: "Actual".to_owned(),
        value: Some("1".to_owned()),
        mutability: Some(Mutability::ReadWrite),
        traits: Some(Traits {
            unit: Some("s".to_owned()),
            max_limit: Some("60".to_owned()),
            ..Traits::default()
        }),
    };
    let bare = VariableReading {
        value: Some("2".to_owned()),
        mutability: None,
        traits: None,
        ..told.clone()
    };
    let both = [told.clone(), bare];
    let written = store.write(Lane::Station(place), move |work| {
        let both = both.clone();
        Box::pin(async move {
            work.variables(place, &both[..1], at(30_000)).await?;
            work.variables(place, &both[1..], at(31_000)).await
        })
    });
    written.await.unwrap();
    let found = store.read.variables_named(place, &[named("THREE")]).await;
    let right = VariableReading {
        value: Some("2".to_owned()),
        ..told
    };
    assert_eq!(found.unwrap(), [right]);
    let counted = store.read.variables_counted(place, at(30_500)).await;
    assert_eq!(counted.unwrap(), (1, 1));
}

async fn models_are_remembered(store: &Store) {
    let make = Hardware {
        vendor: Some("ABB".to_owned()),
        model: Some("Terra".to_owned()),
        firmware_version: Some("1.8".to_owned()),
        ..Hardware::default()
    };
    let known = make.clone();
    let written = store.write(Lane::Instance, move |work| {
        let known = known.clone();
        Box::pin(async move {
            work.model_reads_by_name(&known, at(1_000)).await?;
            work.model_reads_by_name(&known, at(2_000)).await
        })
    });
    written.await.unwrap();
    let loud = Hardware {
        vendor: Some("abb ".to_owned()),
        ..make.clone()
    };
    assert!(store.read.reads_by_name(&loud).await.unwrap());
    let newer = Hardware {
        firmware_version: Some("1.9".to_owned()),
        ..make
    };
    assert!(!store.read.reads_by_name(&newer).await.unwrap());
}
