//! The nodes that share a database: each says from time to time that it is there, so that the
//! others tell when it is not, and what its stations are then.

use domain::clock::Moment;
use domain::id::{NodeId, OrgId, SiteId, StationId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::entity::{nodes, stations};
use crate::error::Error;
use crate::store::Read;
use crate::value::ms;
use crate::work::Work;

/// A station and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    /// The station.
    pub station: StationId,
    /// Its owner.
    pub org: OrgId,
    /// Its site.
    pub site: Option<SiteId>,
}

impl Work {
    /// A node is there still. False when it is not known: it is new, or was given up meanwhile.
    pub async fn node_seen(&mut self, node: NodeId, at: Moment) -> Result<bool, Error> {
        let known = nodes::Entity::update_many()
            .col_expr(nodes::Column::SeenAt, Expr::value(ms(at)))
            .filter(nodes::Column::Id.eq(node.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(known.rows_affected > 0)
    }

    /// Gives up a node that has not been seen since `before`: its stations are away, though since
    /// when they were connected stays on record. False when it has come back.
    pub async fn node_given_up(&mut self, node: NodeId, before: Moment) -> Result<bool, Error> {
        let gone = nodes::Entity::delete_many()
            .filter(nodes::Column::Id.eq(node.uuid()))
            .filter(nodes::Column::SeenAt.lt(ms(before)))
            .exec(&self.tx)
            .await?;
        if gone.rows_affected == 0 {
            return Ok(false);
        }
        self.connections_end(Some(node)).await?;
        stations::Entity::update_many()
            .col_expr(stations::Column::Online, Expr::value(false))
            .col_expr(stations::Column::OfflineSince, Expr::value(ms(before)))
            .filter(stations::Column::NodeId.eq(node.uuid()))
            .filter(stations::Column::Online.eq(true))
            .exec(&self.tx)
            .await?;
        Ok(true)
    }

    /// A node is new, or was given up and is there after all: the stations that are connected to
    /// it are those whose connection nobody ended.
    pub async fn node_back(&mut self, node: NodeId, at: Moment) -> Result<(), Error> {
        let row = nodes::ActiveModel {
            id: Set(node.uuid()),
            seen_at: Set(ms(at)),
        };
        nodes::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        stations::Entity::update_many()
            .col_expr(stations::Column::Online, Expr::value(true))
            .filter(stations::Column::NodeId.eq(node.uuid()))
            .filter(stations::Column::ConnectedSince.is_not_null())
            .exec(&self.tx)
            .await?;
        self.connections_back(node).await
    }
}

impl Read {
    /// Nodes that have not been seen since `before`.
    pub async fn silent_nodes(&self, before: Moment) -> Result<Vec<NodeId>, Error> {
        let rows = nodes::Entity::find()
            .filter(nodes::Column::SeenAt.lt(ms(before)))
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(|r| NodeId::from_uuid(r.id)).collect())
    }

    /// Stations whose newest connection is at a node and was not ended: online ones, or those
    /// that went away with the node.
    pub async fn stations_of_node(
        &self,
        node: NodeId,
        online: bool,
    ) -> Result<Vec<Connected>, Error> {
        let rows: Vec<(uuid::Uuid, uuid::Uuid, Option<uuid::Uuid>)> = stations::Entity::find()
            .select_only()
            .columns([
                stations::Column::Id,
                stations::Column::OrgId,
                stations::Column::SiteId,
            ])
            .filter(stations::Column::NodeId.eq(node.uuid()))
            .filter(stations::Column::Online.eq(online))
            .filter(stations::Column::ConnectedSince.is_not_null())
            .into_tuple()
            .all(&self.db)
            .await?;
        let rows = rows.into_iter().map(|(station, org, site)| Connected {
            station: StationId::from_uuid(station),
            org: OrgId::from_uuid(org),
            site: site.map(SiteId::from_uuid),
        });
        Ok(rows.collect())
    }
}
