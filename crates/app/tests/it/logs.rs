//! The wire log: a search, page by page, finds each frame once and goes on where it stopped.

use busbar_app::testing::TestApp;
use busbar_app::{ingest, logs};
use domain::message::{Message, VendorMessage};
use domain::page::PageRequest;

/// How many frames there are; every fifth has the word in it.
const FRAMES: usize = 450;

#[tokio::test]
async fn a_search_finds_each_frame_once_whatever_the_size_of_a_page() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let frame = |n: usize| {
        let word = if n.is_multiple_of(5) { "NEEDLE" } else { "hay" };
        t.frame(
            &link,
            "DataTransfer",
            &format!(r#"{{"data":"{word} {n}"}}"#),
            &[],
        )
    };
    let frames: Vec<_> = (0..FRAMES).map(frame).collect();
    ingest::note(&t.app, &link, &frames);
    // The lane of a station runs in order: when this is stored, so are they.
    let stored = Message::Vendor(VendorMessage {
        vendor: "Acme".to_owned(),
        message: None,
        data: None,
    });
    t.say(&mut link, stored).await.unwrap();
    let wanted: Vec<_> = frames.iter().step_by(5).rev().map(|f| f.id).collect();
    let query = logs::LogQuery {
        text: Some("needle".to_owned()),
        ..logs::LogQuery::default()
    };
    for limit in [1, 7, 90, 200] {
        let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = PageRequest { limit, cursor };
            let page = logs::list(
                &t.app,
                &t.admin,
                &logs::Whose::Station(link.id()),
                &query,
                &page,
            )
            .await
            .unwrap();
            assert!(page.rows.len() <= limit as usize);
            found.extend(page.rows.into_iter().map(|frame| frame.row.id));
            cursor = page.next;
            pages += 1;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, wanted, "{limit} at a time");
        assert!(
            pages <= wanted.len().div_ceil(limit as usize) + 1,
            "{pages} pages of {limit}"
        );
    }
}
