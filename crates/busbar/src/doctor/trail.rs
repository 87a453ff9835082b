//! The audit trail, end to end: every deed follows the one before it, and the last is the one that
//! the seal is on.

use app::StationSecret;
use domain::audit::Head;
use store::Inspection;

use super::Check;

const CHECK: &str = "audit";
/// How many deeds are read at a time.
const AT_ONCE: u64 = 1_000;

/// Walks the chain.
pub async fn examine(database: &Inspection, key: Option<&StationSecret>) -> Check {
    match walk(database, key).await {
        Ok(found) => found,
        Err(error) => Check::finding(
            CHECK,
            error.to_string(),
            "Put the database back from a backup.",
        ),
    }
}

async fn walk(database: &Inspection, key: Option<&StationSecret>) -> Result<Check, store::Error> {
    // From below the first number, so that one put before it is seen.
    let (mut head, mut after) = (Head::genesis(), i64::MIN);
    loop {
        let links = database.links(after, AT_ONCE).await?;
        for link in &links {
            match head.followed_by(link) {
                Some(next) => head = next,
                None => return Ok(broken(head.seq + 1)),
            }
        }
        after = head.seq;
        if !links.is_empty() {
            continue;
        }
        // Read after the links, since a server may be writing more of both.
        let (told, seal) = match database.head().await? {
            None if head.seq == 0 => return Ok(Check::well(CHECK, "nothing was done yet")),
            Some((told, _)) if told.seq == 0 && head.seq == 0 => {
                return Ok(Check::well(CHECK, "nothing was done yet"));
            }
            Some(told) => told,
            None => return Ok(broken(head.seq)),
        };
        if told.seq > head.seq && !database.links(after, 1).await?.is_empty() {
            continue;
        }
        return Ok(judged(&head, &told, &seal, key));
    }
}

/// What to say when the walk ended at `head` and the publisher's word is `told`.
fn judged(head: &Head, told: &Head, seal: &str, key: Option<&StationSecret>) -> Check {
    if told.seq != head.seq {
        return broken(told.seq.min(head.seq) + 1);
    }
    if told.hash != head.hash {
        return broken(head.seq);
    }
    let count = head.seq;
    match key {
        Some(key) if app::audit::seal(key, head) != seal => {
            let detail = format!(
                "{count} deeds follow one another, and the seal on the last does not open: the \
                 trail was written anew, or the key file is another one"
            );
            let fix = "Put the key file back from a backup; if it is the right one, compare the \
                       trail with a backup of the database.";
            Check::finding(CHECK, detail, fix)
        }
        Some(_) => Check::well(CHECK, format!("{count} deeds, each follows the one before")),
        None => {
            let detail = format!(
                "{count} deeds follow one another; without the key file the seal cannot be tried"
            );
            Check::finding(CHECK, detail, "Put the key file back from a backup.")
        }
    }
}

fn broken(seq: i64) -> Check {
    let detail = format!(
        "the chain breaks at number {seq}: a deed was changed, removed, added or moved by other \
         means than Busbar's"
    );
    let fix = format!(
        "What was done before number {seq} is whole. Compare the table `audit` with a backup from \
         there on, and find out who can write to the database."
    );
    Check {
        seq: Some(seq),
        ..Check::finding(CHECK, detail, fix)
    }
}
