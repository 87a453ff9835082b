//! Views of lists: a private one is found by its owner alone, a shared one by whoever looks for those.

use std::collections::BTreeMap;

use busbar_store::{Lane, Store, ViewFilter};
use domain::id::{OrgId, UserId, ViewId};
use domain::page::PageRequest;
use domain::view::{View, ViewList};

use crate::{at, id, org};

fn view(n: u128, name: &str, owner: u128, shared: bool) -> View {
    View {
        id: ViewId::from_uuid(id(n)),
        org: org(),
        owner: UserId::from_uuid(id(owner)),
        owner_name: "Ana".to_owned(),
        name: name.to_owned(),
        list: ViewList::Stations,
        params: BTreeMap::from([("status".to_owned(), "faulted".to_owned())]),
        shared,
        created_at: at(1),
    }
}

async fn names(store: &Store, filter: &ViewFilter) -> Vec<String> {
    let mut page = PageRequest {
        limit: 1,
        cursor: None,
    };
    let mut names = Vec::new();
    loop {
        let rows = store.read.views(org(), filter, &page).await.unwrap();
        names.extend(rows.rows.into_iter().map(|(view, _)| view.name));
        page.cursor = rows.next;
        if page.cursor.is_none() {
            return names;
        }
    }
}

pub async fn views_are_kept(store: &Store) {
    let all = [
        view(9_001, "b mine", 71, false),
        view(9_002, "A shared", 72, true),
        view(9_003, "c of another", 72, false),
    ];
    let kept = store.write(Lane::Org(org()), move |work| {
        let all = all.clone();
        Box::pin(async move {
            for view in &all {
                work.view_insert(view).await?;
            }
            let mine = work.views_count(org(), Some(all[0].owner)).await?;
            Ok((mine, work.views_count(org(), None).await?))
        })
    });
    assert_eq!(kept.await.unwrap(), (1, 1));
    let mut mine = ViewFilter {
        owner: UserId::from_uuid(id(71)),
        shared: true,
        lists: vec![ViewList::Stations],
    };
    // By name without case, page by page.
    assert_eq!(names(store, &mine).await, ["A shared", "b mine"]);
    let other = OrgId::from_uuid(id(2));
    let find = |org, n| {
        let filter = mine.clone();
        async move {
            let found = store
                .read
                .view(org, &filter, ViewId::from_uuid(id(n)))
                .await;
            found.unwrap()
        }
    };
    let shared = view(9_002, "A shared", 72, true);
    assert_eq!(find(org(), 9_002).await, Some((shared.clone(), 1)));
    assert_eq!(find(org(), 9_003).await, None);
    assert_eq!(find(other, 9_002).await, None);
    let renamed = View {
        name: "z shared".to_owned(),
        ..shared
    };
    let changed = store.write(Lane::Org(org()), move |work| {
        let renamed = renamed.clone();
        Box::pin(async move {
            let first = work.view_update(&renamed, 1).await?;
            let late = work.view_update(&renamed, 1).await?;
            let gone = work.view_delete(ViewId::from_uuid(id(9_001)), 2).await?;
            Ok([first, late, gone])
        })
    });
    assert_eq!(changed.await.unwrap(), [true, false, false]);
    assert_eq!(names(store, &mine).await, ["b mine", "z shared"]);
    mine.shared = false;
    assert_eq!(names(store, &mine).await, ["b mine"]);
    mine.lists = vec![ViewList::Sessions];
    assert!(names(store, &mine).await.is_empty());
}
