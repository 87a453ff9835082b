//! The nodes that share a database. Each says every few seconds that it is there; when one has
//! said nothing for a while, another tells that its stations are away. A node that only was
//! held up finds out and tells the opposite.

use chrono::TimeDelta;
use domain::event::{Change, Event};
use domain::id::NodeId;
use store::{Connected, Lane};

use crate::app::App;
use crate::error::Error;

/// How often a node says that it is there.
pub(crate) const BEAT_S: u64 = 5;
/// After so long without a word a node is given up.
const PATIENCE_S: i64 = 30;

/// Says that this node is there, and gives up those that are not.
pub(crate) async fn beat(app: &App) -> Result<(), Error> {
    let (node, now) = (app.node(), app.now());
    let before = now - TimeDelta::seconds(PATIENCE_S);
    let seen = app.store().write(Lane::Instance, move |work| {
        Box::pin(async move { work.node_seen(node, now).await })
    });
    if !seen.await? {
        let back = told(app, node, false, Change::StationConnected).await?;
        let written = app.store().write(Lane::Instance, move |work| {
            let back = back.clone();
            Box::pin(async move {
                work.node_back(node, now).await?;
                back.iter().for_each(|fact| work.event(fact));
                Ok(())
            })
        });
        written.await?;
        app.facts_committed();
    }
    for silent in app.store().read.silent_nodes(before).await? {
        let away = told(app, silent, true, Change::StationDisconnected).await?;
        let count = away.len();
        let gone = app.store().write(Lane::Instance, move |work| {
            let away = away.clone();
            Box::pin(async move {
                let gone = work.node_given_up(silent, before).await?;
                if gone {
                    away.iter().for_each(|fact| work.event(fact));
                }
                Ok(gone)
            })
        });
        if gone.await? {
            app.facts_committed();
            tracing::warn!(node.id = %silent, stations.count = count, "a node is gone; its stations are away");
        }
    }
    Ok(())
}

/// A fact for each station of a node.
async fn told(app: &App, node: NodeId, online: bool, change: Change) -> Result<Vec<Event>, Error> {
    let stations = app.store().read.stations_of_node(node, online).await?;
    let fact = |s: Connected| app.fact(s.org, s.site, Some(s.station), change.clone());
    Ok(stations.into_iter().map(fact).collect())
}
