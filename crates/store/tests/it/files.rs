//! Firmware libraries and transfers: the same on both databases.

use busbar_store::{Lane, Store};
use domain::firmware::{Content, FirmwareFile, Signing};
use domain::id::{CommandId, FirmwareId, OrgId, StationId, TransferId, UserId};
use domain::message::NoticeKind;
use domain::page::PageRequest;
use domain::transfer::{Received, Transfer, TransferKind, TransferState, Transport};

use crate::{at, id, station};

fn org() -> OrgId {
    OrgId::from_uuid(id(5_000))
}

fn file(n: u128) -> FirmwareFile {
    FirmwareFile {
        id: FirmwareId::from_uuid(id(n)),
        org: org(),
        vendor: "Acme".to_owned(),
        models: vec!["One*".to_owned(), "Two".to_owned()],
        version: "1.2".to_owned(),
        name: "acme.bin".to_owned(),
        signing: Some(Signing {
            certificate: "PEM".to_owned(),
            signature: "AAAA".to_owned(),
        }),
        notes: None,
        sha256: Some("ab".repeat(32)),
        content: None,
        created_at: at(1_000),
    }
}

fn transfer(n: u128, kind: TransferKind) -> Transfer {
    Transfer {
        id: TransferId::from_uuid(id(n)),
        org: org(),
        station: StationId::from_uuid(id(5_100)),
        kind,
        transport: Transport::Ftp,
        state: TransferState::Asked,
        status: None,
        error: None,
        file: Some(FirmwareId::from_uuid(id(5_001))),
        version: Some("1.2".to_owned()),
        command: CommandId::from_uuid(id(n + 500)),
        expires_at: at(9_000),
        received: None,
        created_at: at(1_000),
        ended_at: None,
        issued_by: Some((UserId::from_uuid(id(7)), "Ana".to_owned())),
    }
}

fn page(limit: u32, cursor: Option<String>) -> PageRequest {
    PageRequest { limit, cursor }
}

/// Everything about firmware files.
pub async fn firmware_is_kept(store: &Store) {
    let (read, lane) = (&store.read, Lane::Org(org()));
    let mut place = station(5_100);
    place.org = org();
    place.hardware.vendor = Some("Acme".to_owned());
    let made = store.write(lane, move |work| {
        let place = place.clone();
        Box::pin(async move {
            work.station_insert(&place, None).await?;
            let hardware = domain::station::Hardware {
                vendor: Some("Acme".to_owned()),
                model: Some("One".to_owned()),
                firmware_version: Some("1.0".to_owned()),
                ..Default::default()
            };
            let accepted = domain::station::Registration::Accepted;
            work.booted(place.id, &hardware, accepted, at(2_000))
                .await?;
            for n in 5_001..5_004 {
                work.firmware_insert(&file(n)).await?;
            }
            Ok(())
        })
    });
    made.await.unwrap();
    let found = read.firmware(org(), file(5_001).id).await.unwrap().unwrap();
    assert_eq!((found.file, found.revision), (file(5_001), 1));
    let elsewhere = OrgId::from_uuid(id(5_999));
    assert!(
        read.firmware(elsewhere, file(5_001).id)
            .await
            .unwrap()
            .is_none()
    );
    let first = read.firmware_files(org(), &page(2, None)).await.unwrap();
    assert_eq!(first.rows[0].file.id, file(5_003).id);
    let rest = read
        .firmware_files(org(), &page(2, first.next))
        .await
        .unwrap();
    assert_eq!((rest.rows.len(), rest.next), (1, None));

    assert!(read.libraries().await.unwrap().is_empty());
    let mut whole = file(5_001);
    whole.content = Some(Content {
        bytes: 5 << 30,
        at: at(3_000),
    });
    let put = whole.clone();
    let done = store.write(lane, move |work| {
        let put = put.clone();
        Box::pin(async move {
            let stale = work.firmware_update(&put, 7).await?;
            Ok((stale, work.firmware_update(&put, 1).await?))
        })
    });
    assert_eq!(done.await.unwrap(), (false, true));
    assert_eq!(read.firmware_ready(org()).await.unwrap(), [whole.clone()]);
    assert_eq!(read.libraries().await.unwrap(), [org()]);
    let makes = read.makes(org()).await.unwrap();
    assert_eq!(makes.len(), 1);
    assert!(whole.is_update_for(&makes[0].0));

    let told = store.write(lane, move |work| {
        Box::pin(async move {
            let first = work.firmware_told(whole.id, "One").await?;
            Ok((first, work.firmware_told(whole.id, "ONE").await?))
        })
    });
    assert_eq!(told.await.unwrap(), (true, false));
    let known = read.firmware_told(&[file(5_001).id]).await.unwrap();
    assert_eq!(known, [(file(5_001).id, "one".to_owned())]);
    let gone = store.write(lane, move |work| {
        Box::pin(async move { work.firmware_delete(file(5_001).id, 2).await })
    });
    assert!(gone.await.unwrap());
    assert!(
        read.firmware_told(&[file(5_001).id])
            .await
            .unwrap()
            .is_empty()
    );
}

/// Everything about transfers.
pub async fn transfers_are_kept(store: &Store) {
    let read = &store.read;
    let here = StationId::from_uuid(id(5_100));
    let (update, log) = (
        transfer(5_201, TransferKind::Firmware),
        transfer(5_202, TransferKind::Security),
    );
    let both = (update.clone(), log.clone());
    let made = store.write(Lane::Station(here), move |work| {
        let (update, log) = both.clone();
        Box::pin(async move {
            work.transfer_insert(&update, Some("digest-1")).await?;
            work.transfer_insert(&log, Some("digest-2")).await?;
            work.transfer_insert(&transfer(5_203, TransferKind::Diagnostics), None)
                .await
        })
    });
    made.await.unwrap();
    let found = read.transfer_by_secret("digest-2").await.unwrap();
    assert_eq!(found.as_ref(), Some(&log));
    assert!(read.transfer_by_secret("digest-3").await.unwrap().is_none());
    assert_eq!(
        read.transfer_of_command(update.command).await.unwrap(),
        Some(update.clone())
    );
    let incoming = read.transfers(here, true, &page(1, None)).await.unwrap();
    assert_eq!(
        incoming.rows[0].id,
        transfer(5_203, TransferKind::Diagnostics).id
    );
    let rest = read
        .transfers(here, true, &page(1, incoming.next))
        .await
        .unwrap();
    assert_eq!((rest.rows, rest.next), (vec![log.clone()], None));
    assert_eq!(read.transfers_overdue(at(8_999)).await.unwrap(), []);
    assert_eq!(read.transfers_overdue(at(9_000)).await.unwrap().len(), 3);

    let mut done = log.clone();
    done.received = Some(Received {
        name: "log.txt".to_owned(),
        bytes: 12,
        sha256: "cd".repeat(32),
    });
    done.status = Some("Uploaded".to_owned());
    done.go(TransferState::Done, at(9_000));
    let put = done.clone();
    let open = store.write(Lane::Station(here), move |work| {
        let put = put.clone();
        Box::pin(async move {
            let newest = work.transfer_about(here, NoticeKind::LogStatus).await?;
            work.transfer_put(&put).await?;
            let open = work.transfers_open(here, NoticeKind::LogStatus).await?;
            let wanted = work
                .firmware_wanted(FirmwareId::from_uuid(id(5_001)))
                .await?;
            Ok((newest.map(|t| t.id), open.len(), wanted))
        })
    });
    let newest = Some(transfer(5_203, TransferKind::Diagnostics).id);
    assert_eq!(open.await.unwrap(), (newest, 1, true));
    assert_eq!(read.transfer(done.id).await.unwrap(), Some(done.clone()));
    // The secret of the link stays with it.
    assert!(read.transfer_by_secret("digest-2").await.unwrap().is_some());
    assert_eq!(read.transfers_old(true, at(9_000)).await.unwrap(), []);
    assert_eq!(
        read.transfers_old(true, at(9_001)).await.unwrap(),
        [done.clone()]
    );
    assert_eq!(read.transfers_old(false, at(9_001)).await.unwrap(), []);
    let gone = store.write(Lane::Station(here), move |work| {
        Box::pin(async move { work.transfer_delete(done.id).await })
    });
    gone.await.unwrap();
    assert!(read.transfer_by_secret("digest-2").await.unwrap().is_none());
}
