//! The firmware library: what a signature is good for, and what becomes of an upload.

use busbar_app::firmware::{self, FirmwareEdit, Upload};
use busbar_app::revision::Precondition;
use busbar_app::testing::TestApp;
use busbar_app::{Error, FilesSettings};
use domain::firmware::Signing;
use domain::id::FirmwareId;
use domain::page::PageRequest;
use domain::role::Role;

/// What the simulated maker signed.
const SIGNED: &[u8] = b"firmware 9.1.0\nsigned by its maker\n";

fn signing(certificate: &str, signature: &str) -> Signing {
    Signing {
        certificate: certificate.to_owned(),
        signature: signature.to_owned(),
    }
}

fn ec() -> Signing {
    signing(
        include_str!("signatures/ec.pem"),
        include_str!("signatures/ec.sig"),
    )
}

fn edit(signing: Option<Signing>) -> FirmwareEdit {
    FirmwareEdit {
        vendor: Some("Acme".to_owned()),
        models: Some(vec!["One*".to_owned()]),
        version: Some("9.1.0".to_owned()),
        name: Some("f.bin".to_owned()),
        signing: Some(signing),
        ..FirmwareEdit::default()
    }
}

async fn made(t: &TestApp, signing: Option<Signing>) -> FirmwareId {
    let row = firmware::create(&t.app, &t.admin, edit(signing)).await;
    row.unwrap().file.id
}

async fn sent(t: &TestApp, id: FirmwareId, content: &[u8]) -> Result<(), Error> {
    let mut upload = Upload::begin(&t.app, &t.admin, id, None).await?;
    for chunk in content.chunks(7) {
        upload.write(chunk).await?;
    }
    upload.finish().await.map(drop)
}

fn code(refused: Result<(), Error>) -> String {
    match refused.unwrap_err() {
        Error::Invalid { problems } => problems[0].code.clone(),
        Error::Conflict { code, .. } => code.to_owned(),
        other => panic!("{other}"),
    }
}

fn left(t: &TestApp) -> usize {
    let below = |name: &str| {
        let folder = t.directory().join("files").join(name);
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    };
    below("passing") + below("firmware")
}

#[tokio::test]
async fn each_kind_of_signature_is_checked() {
    let t = TestApp::new().await;
    let rsa = include_str!("signatures/rsa.pem");
    let all = [
        ec(),
        signing(rsa, include_str!("signatures/rsa.sig")),
        signing(rsa, include_str!("signatures/pss.sig")),
    ];
    for (kept, signing) in all.into_iter().enumerate() {
        let id = made(&t, Some(signing)).await;
        let other = [SIGNED, b"."].concat();
        assert_eq!(code(sent(&t, id, &other).await), "signature_wrong");
        assert_eq!(left(&t), kept);
        sent(&t, id, SIGNED).await.unwrap();
        assert_eq!(left(&t), kept + 1);
        assert_eq!(code(sent(&t, id, SIGNED).await), "content_there");
    }
    // The signature of one maker is not that of another.
    let mixed = signing(rsa, &ec().signature);
    let id = made(&t, Some(mixed)).await;
    assert_eq!(code(sent(&t, id, SIGNED).await), "signature_wrong");
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_is_refused() {
    let t = TestApp::new().await;
    let good = ec();
    for (certificate, signature) in [
        (include_str!("signatures/weak.pem"), good.signature.as_str()),
        ("no certificate", &good.signature),
        (&good.certificate, "no base64!"),
        (&good.certificate, ""),
    ] {
        let odd = edit(Some(signing(certificate, signature)));
        let refused = firmware::create(&t.app, &t.admin, odd).await;
        assert_eq!(code(refused.map(drop)), "invalid");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_and_the_faster_of_two_wins() {
    let t = TestApp::with(|settings| {
        let files = settings.files.clone();
        settings.files = FilesSettings {
            most_firmware_bytes: 1_000,
            ..files
        };
    })
    .await;
    let id = made(&t, None).await;
    let mut upload = Upload::begin(&t.app, &t.admin, id, None).await.unwrap();
    upload.write(b"half").await.unwrap();
    assert_eq!(left(&t), 1);
    drop(upload);
    assert_eq!(left(&t), 0);
    assert_eq!(code(sent(&t, id, &[0; 1_001]).await), "file_too_large");
    assert_eq!(left(&t), 0);

    let mut slow = Upload::begin(&t.app, &t.admin, id, Some(4)).await.unwrap();
    slow.write(b"slow").await.unwrap();
    sent(&t, id, b"fast").await.unwrap();
    assert_eq!(code(slow.finish().await.map(drop)), "content_there");
    assert_eq!(left(&t), 1);
    let row = firmware::find(&t.app, &t.admin, id).await.unwrap();
    assert_eq!(row.file.content.map(|content| content.bytes), Some(4));
    firmware::remove(&t.app, &t.admin, id, &Precondition::None)
        .await
        .unwrap();
    assert_eq!(left(&t), 0);
}

#[tokio::test]
async fn whoever_updates_stations_sees_the_library_and_only_the_technician_changes_it() {
    let t = TestApp::new().await;
    let page = PageRequest {
        limit: 50,
        cursor: None,
    };
    made(&t, None).await;
    for (role, sees, changes) in [
        (Role::Technician, true, true),
        (Role::ChargingManager, true, false),
        (Role::Viewer, true, false),
        (Role::FinancialSupport, false, false),
    ] {
        let caller = t.caller(&[role], None);
        let list = firmware::list(&t.app, &caller, &page).await;
        assert_eq!(list.is_ok(), sees, "{role:?}");
        let made = firmware::create(&t.app, &caller, edit(None)).await;
        assert_eq!(made.is_ok(), changes, "{role:?}");
    }
}
