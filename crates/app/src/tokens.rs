//! Tokens: who may charge. All of it is driver data.

use domain::clock::Moment;
use domain::id::TokenId;
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::role::{Caller, Permission};
use domain::token::{Token, TokenKind, TokenState, TokenUid};
use serde_json::{Value, json};
use store::{Lane, TokenFilter};

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::{audit, gate};

pub use store::{Sort, TokenSort};

/// A token to be added.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The text on it.
    pub uid: TokenUid,
    /// How it is read.
    pub kind: TokenKind,
    /// What people call it.
    pub label: Option<String>,
    /// Its group.
    pub group: Option<String>,
    /// From when on it may not be used any more.
    pub expires_at: Option<Moment>,
}

/// Changes to a token: what is not said stays, and an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct TokenEdit {
    /// What people call it.
    pub label: Option<Option<String>>,
    /// Its group.
    pub group: Option<Option<String>>,
    /// Whether it may be used.
    pub state: Option<TokenState>,
    /// From when on it may not be used any more.
    pub expires_at: Option<Option<Moment>>,
    /// How it is read.
    pub kind: Option<TokenKind>,
    /// On what the change depends.
    pub when: Precondition,
}

/// What the audit trail holds of a token: nothing that names it or its driver.
fn told(token: &Token) -> Value {
    json!({"state": token.state, "kind": token.kind, "expires_at": token.expires_at})
}

fn review(label: Option<&str>, group: Option<&str>) -> Review {
    let mut review = Review::default();
    review.text("/label", label, LONGEST_NAME);
    // The longest that every version carries (2.x identifierString of a group).
    review.text("/group", group, 36);
    review
}

/// Tokens, the newest first, with `drivers.view`; `q` narrows to those with it in their text.
pub async fn list(
    app: &App,
    caller: &Caller,
    q: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Token>, Error> {
    list_by(app, caller, q, Sort::down(TokenSort::Created), page).await
}

/// Like [`list`], in another order.
pub async fn list_by(
    app: &App,
    caller: &Caller,
    q: Option<&str>,
    sort: Sort<TokenSort>,
    page: &PageRequest,
) -> Result<Page<Token>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversView).await?;
    let filter = TokenFilter {
        q: q.map(str::to_owned),
        sort,
    };
    Ok(app.store().read.tokens(pass.org, &filter, page).await?)
}

/// A token and its revision, with `drivers.view`.
pub async fn find(app: &App, caller: &Caller, id: TokenId) -> Result<(Token, i64), Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversView).await?;
    let found = app.store().read.token(pass.org, id).await?;
    found.ok_or(Error::NotFound)
}

/// Adds a token, with `tokens.edit`.
pub async fn create(app: &App, caller: &Caller, new: NewToken) -> Result<Token, Error> {
    let pass = gate::permit_whole(app, caller, Permission::TokensEdit).await?;
    // Whoever may not read it is told nothing about it, not even that it is there.
    gate::may_know(app, caller)?;
    let mut review = review(new.label.as_deref(), new.group.as_deref());
    // The longest that any version carries (2.1 identifierString).
    review.needed("/uid", Some(new.uid.as_str()), 255);
    review.passed()?;
    let token = Token {
        id: TokenId::from_uuid(app.draw()),
        org: pass.org,
        driver: None,
        uid: Personal::new(new.uid),
        kind: new.kind,
        label: kept(new.label).map(Personal::new),
        group: kept(new.group),
        state: TokenState::Active,
        expires_at: new.expires_at,
        created_at: app.now(),
        last_used_at: None,
    };
    let after = told(&token);
    let deed = audit::row(
        app,
        caller,
        pass.org,
        "tokens.create",
        token.id,
        None,
        Some(&after),
    );
    let stored = token.clone();
    let written = app.store().write(Lane::Org(pass.org), move |work| {
        let (token, deed) = (stored.clone(), deed.clone());
        Box::pin(async move {
            work.token_insert(&token).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    match written.await {
        Ok(()) => Ok(token),
        Err(store::Error::Conflict(_)) => Err(Error::conflict(
            "token_exists",
            "There is a token with this text.",
        )),
        Err(other) => Err(other.into()),
    }
}

/// Changes a token, with `tokens.edit`; tells its new revision. Two edits at once are both made,
/// one upon the other.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: TokenId,
    edit: TokenEdit,
) -> Result<(Token, i64), Error> {
    let pass = gate::permit_whole(app, caller, Permission::TokensEdit).await?;
    // Whoever may not read it is told nothing about it, not even that it is there.
    gate::may_know(app, caller)?;
    let label = edit.label.as_ref().and_then(|l| l.as_deref());
    let group = edit.group.as_ref().and_then(|g| g.as_deref());
    review(label, group).passed()?;
    for _ in 0..revision::TRIES {
        let found = app.store().read.token(pass.org, id).await?;
        let (mut token, from) = found.ok_or(Error::NotFound)?;
        edit.when.admits(from)?;
        let before = told(&token);
        if let Some(label) = edit.label.clone() {
            token.label = kept(label).map(Personal::new);
        }
        token.group = edit.group.clone().map_or(token.group, kept);
        token.state = edit.state.unwrap_or(token.state);
        token.expires_at = edit.expires_at.unwrap_or(token.expires_at);
        token.kind = edit.kind.unwrap_or(token.kind);
        let after = told(&token);
        let deed = audit::row(
            app,
            caller,
            pass.org,
            "tokens.edit",
            id,
            Some(&before),
            Some(&after),
        );
        let stored = token.clone();
        let done = app
            .store()
            .write(Lane::Org(pass.org), move |work| {
                let (token, deed) = (stored.clone(), deed.clone());
                Box::pin(async move {
                    let done = work.token_update(&token, from).await?;
                    if done {
                        work.audit(&deed);
                    }
                    Ok(done)
                })
            })
            .await?;
        if done {
            return Ok((token, from + 1));
        }
    }
    Err(revision::too_busy())
}

/// Removes a token, with `tokens.edit`; the sessions it began stay.
pub async fn remove(app: &App, caller: &Caller, id: TokenId) -> Result<(), Error> {
    remove_when(app, caller, id, &Precondition::None).await
}

/// Like [`remove`], where `when` holds.
pub async fn remove_when(
    app: &App,
    caller: &Caller,
    id: TokenId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::TokensEdit).await?;
    // Whoever may not read it is told nothing about it, not even that it is there.
    gate::may_know(app, caller)?;
    let found = app.store().read.token(pass.org, id).await?;
    let (token, revision) = found.ok_or(Error::NotFound)?;
    when.admits(revision)?;
    let (from, before) = (when.bound(revision), told(&token));
    let deed = audit::row(
        app,
        caller,
        pass.org,
        "tokens.remove",
        id,
        Some(&before),
        None,
    );
    let removed = app
        .store()
        .write(Lane::Org(pass.org), move |work| {
            let deed = deed.clone();
            Box::pin(async move {
                let removed = work.token_delete(id, from).await?;
                if removed {
                    work.audit(&deed);
                }
                Ok(removed)
            })
        })
        .await?;
    if removed {
        Ok(())
    } else {
        Err(revision::stale())
    }
}
