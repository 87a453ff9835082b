//! The audit trail: what is told of a deed, and the chain that makes it evident when somebody
//! changes, removes, adds or reorders what was told.
//!
//! Each deed is linked to the one before it: the hash of a link is blake3 over the hash of the
//! link before and over every field of the deed. The first is linked to [`Head::genesis`].

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{AuditId, OrgId, UserId};

/// By which way a deed came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A page in a browser.
    Page,
    /// A program with the cookie of a login.
    Api,
    /// A program with an API key.
    Key,
    /// The command line of the instance.
    Cli,
    /// Busbar by itself.
    System,
}

/// A deed, as it is told. Nothing in it is about a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its id.
    pub id: AuditId,
    /// In which organisation.
    pub org: OrgId,
    /// When; kept to the millisecond.
    pub at: Moment,
    /// Who; none for Busbar itself.
    pub actor: Option<UserId>,
    /// The actor's name, or what Busbar was doing.
    pub actor_name: String,
    /// What was done, such as `stations.create`.
    pub action: String,
    /// To what: an id.
    pub object: String,
    /// How it was, as JSON text without personal data.
    pub before: Option<String>,
    /// How it is, as JSON text without personal data.
    pub after: Option<String>,
    /// By which way.
    pub via: Via,
    /// The request behind it.
    pub request_id: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

/// Where the chain stands after a deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the deed: from 1, without a hole in the whole instance.
    pub seq: i64,
    /// 64 hexadecimal digits.
    pub hash: String,
}

/// A deed that has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place, as it is on record.
    pub head: Head,
    /// The deed.
    pub deed: Deed,
}

impl Head {
    /// Where every chain begins.
    #[must_use]
    pub fn genesis() -> Self {
        Self {
            seq: 0,
            hash: blake3::hash(b"busbar audit trail, version 1")
                .to_hex()
                .to_string(),
        }
    }

    /// Where the chain stands after one more deed.
    #[must_use]
    pub fn then(&self, deed: &Deed) -> Self {
        let seq = self.seq + 1;
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.hash.as_bytes());
        hasher.update(&seq.to_le_bytes());
        let mut field = |bytes: Option<&[u8]>| {
            // With its length, so that two rows of fields never look the same; none is not empty.
            match bytes {
                None => hasher.update(&[0]),
                Some(bytes) => hasher
                    .update(&[1])
                    .update(&(bytes.len() as u64).to_le_bytes())
                    .update(bytes),
            };
        };
        field(Some(deed.id.uuid().as_bytes()));
        field(Some(deed.org.uuid().as_bytes()));
        field(Some(&deed.at.timestamp_millis().to_le_bytes()));
        let actor = deed.actor.map(|id| id.uuid().into_bytes());
        field(actor.as_ref().map(|bytes| bytes.as_slice()));
        for text in [&deed.actor_name, &deed.action, &deed.object] {
            field(Some(text.as_bytes()));
        }
        field(Some(&[deed.via as u8]));
        for text in [
            &deed.before,
            &deed.after,
            &deed.request_id,
            &deed.ip,
            &deed.reason,
        ] {
            field(text.as_deref().map(str::as_bytes));
        }
        Self {
            seq,
            hash: hasher.finalize().to_hex().to_string(),
        }
    }

    /// The next place, if `link` is what follows here: it has the next number, and its hash is
    /// that of its fields. None where the chain is broken.
    #[must_use]
    pub fn followed_by(&self, link: &Link) -> Option<Self> {
        let next = self.then(&link.deed);
        (next == link.head).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn deed(n: u128) -> Deed {
        Deed {
            id: AuditId::from_uuid(Uuid::from_u128(n)),
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            at: DateTime::from_timestamp_nanos(1_780_000_000_123_456_789),
            actor: Some(UserId::from_uuid(Uuid::from_u128(2))),
            actor_name: "Ana".to_owned(),
            action: "sites.edit".to_owned(),
            object: "sit_1".to_owned(),
            before: Some("{}".to_owned()),
            after: None,
            via: Via::Page,
            request_id: Some("req_1".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            reason: None,
        }
    }

    fn chain(deeds: impl IntoIterator<Item = Deed>) -> Vec<Link> {
        let mut head = Head::genesis();
        let link = |deed| {
            head = head.then(&deed);
            Link {
                head: head.clone(),
                deed,
            }
        };
        deeds.into_iter().map(link).collect()
    }

    /// The number of the first link that does not follow.
    fn broken(links: &[Link]) -> Option<i64> {
        let mut head = Head::genesis();
        for link in links {
            match head.followed_by(link) {
                Some(next) => head = next,
                None => return Some(head.seq + 1),
            }
        }
        None
    }

    #[test]
    fn a_chain_follows_itself_and_shows_where_it_was_touched() {
        let whole = chain((1..=5).map(deed));
        assert_eq!(broken(&whole), None);
        let mut removed = whole.clone();
        removed.remove(2);
        assert_eq!(broken(&removed), Some(3));
        let mut swapped = whole.clone();
        swapped.swap(1, 2);
        assert_eq!(broken(&swapped), Some(2));
        let mut inserted = whole.clone();
        inserted.insert(3, whole[2].clone());
        assert_eq!(broken(&inserted), Some(4));
        let mut forged = whole.clone();
        forged[0].deed.before = None;
        // A new hash of its own does not help: the next one was linked to the old.
        forged[0].head = Head::genesis().then(&forged[0].deed);
        assert_eq!(broken(&forged), Some(2));
    }

    #[test]
    fn every_field_counts_and_none_is_not_empty() {
        type Change = fn(&mut Deed);
        let changes: [Change; 14] = [
            |d| d.id = AuditId::from_uuid(Uuid::from_u128(99)),
            |d| d.org = OrgId::from_uuid(Uuid::from_u128(99)),
            |d| d.at += chrono::TimeDelta::milliseconds(1),
            |d| d.actor = None,
            |d| d.actor_name.push('x'),
            |d| d.action.push('x'),
            |d| d.object.push('x'),
            |d| d.before = None,
            |d| d.after = Some(String::new()),
            |d| d.via = Via::Api,
            |d| d.request_id = None,
            |d| d.ip = None,
            |d| d.reason = Some("because".to_owned()),
            |d| (d.actor_name, d.action) = ("Anas".to_owned(), "ites.edit".to_owned()),
        ];
        let before = Head::genesis().then(&deed(1));
        for (n, change) in changes.into_iter().enumerate() {
            let mut changed = deed(1);
            change(&mut changed);
            assert_ne!(Head::genesis().then(&changed), before, "change {n}");
        }
        // What the database does not keep does not count.
        let mut same = deed(1);
        same.at = DateTime::from_timestamp_nanos(1_780_000_000_123_000_000);
        assert_eq!(Head::genesis().then(&same), before);
    }
}
