//! Mails are taken by one node at a time.

use busbar_store::{Lane, MailRow, Store};
use domain::id::{MailId, OrgId};
use domain::mail::{Language, MailKind, MailState};

use crate::{at, id, org};

/// Nodes that look at the same moment: each lane is one, and each mail goes to one of them.
pub async fn a_mail_is_taken_once(store: &Store) {
    let unit = store.write(Lane::Org(org()), |work| {
        Box::pin(async move {
            for n in 7_000..7_020 {
                work.mail_insert(&MailRow {
                    id: MailId::from_uuid(id(n)),
                    org: org(),
                    to: "bo@example.org".to_owned(),
                    kind: MailKind::Invitation,
                    language: Language::De,
                    sealed: Some("sealed".to_owned()),
                    state: MailState::Queued,
                    attempts: 0,
                    created_at: at(1),
                    next_at: at(1),
                    last_error: None,
                })
                .await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
    let nodes = (0..8).map(|n| {
        let lane = Lane::Org(OrgId::from_uuid(id(n)));
        store.write(lane, |work| {
            Box::pin(async move { work.mails_claim(at(2), at(60_000), 9).await })
        })
    });
    let taken = futures_util::future::join_all(nodes).await;
    let mut taken: Vec<_> = taken.into_iter().flat_map(Result::unwrap).collect();
    taken.sort_by_key(|mail| mail.id);
    let mut ids: Vec<_> = taken.iter().map(|mail| mail.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), taken.len(), "a mail was taken twice");
    assert!(!taken.is_empty() && taken.iter().all(|mail| mail.attempts == 1));

    let (went, again) = (taken[0].clone(), taken[1].clone());
    let unit = store.write(Lane::Org(org()), move |work| {
        let (went, again) = (went.clone(), again.clone());
        Box::pin(async move {
            work.mail_tried(&went, MailState::DeliveredToServer, None, None)
                .await?;
            work.mail_tried(&again, MailState::Queued, Some("full"), Some(at(90)))
                .await
        })
    });
    unit.await.unwrap();
    let mut found = store.read.mails(&ids[..2]).await.unwrap();
    found.sort_by_key(|mail| mail.id);
    assert_eq!(
        (found[0].state, found[0].sealed.as_deref()),
        (MailState::DeliveredToServer, None)
    );
    assert_eq!(
        (found[1].state, found[1].sealed.as_deref()),
        (MailState::Queued, Some("sealed"))
    );
    assert_eq!((found[1].next_at, found[1].attempts), (at(90), 1));
}
