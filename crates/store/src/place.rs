//! What people say of the place where a station stands: read for each token that is presented.

use domain::driver::DriverState;
use domain::id::{OrgId, StationId};
use domain::site::AdminState;
use domain::token::{Token, TokenUid};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};

use crate::entity::{drivers, sites, stations, tokens};
use crate::error::Error;
use crate::store::Read;
use crate::value::from_word;

/// The administrative states of a station and of its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Of the station.
    pub station: AdminState,
    /// Of its site, when it has one.
    pub site: Option<AdminState>,
}

impl Place {
    /// Whether both are in service.
    #[must_use]
    pub fn in_service(self) -> bool {
        let open = |state| state == AdminState::InService;
        open(self.station) && self.site.is_none_or(open)
    }
}

/// The columns of a token in an answer that has more.
const TOKEN: &str = "token_";

impl Read {
    /// The place of a station of an organisation.
    pub async fn place(&self, org: OrgId, station: StationId) -> Result<Option<Place>, Error> {
        let row = self.db.query_one(&select_place(org, station)).await?;
        row.as_ref().map(place_from_row).transpose()
    }

    /// The place of a station, the token by its text, and whether its driver may charge with no token
    /// at all, in one question.
    pub async fn place_and_token(
        &self,
        org: OrgId,
        station: StationId,
        uid: &TokenUid,
    ) -> Result<(Option<Place>, Option<Token>, bool), Error> {
        let mut query = select_place(org, station);
        for column in tokens::Column::iter() {
            let alias = Alias::new(format!("{TOKEN}{}", column.as_str()));
            query.expr_as(Expr::col((tokens::Entity, column)), alias);
        }
        let same_org = Expr::col((tokens::Entity, tokens::Column::OrgId)).eq(org.uuid());
        let same_uid = Expr::col((tokens::Entity, tokens::Column::UidKey)).eq(uid.key());
        query.left_join(tokens::Entity, same_org.and(same_uid));
        let theirs = Expr::col((drivers::Entity, drivers::Column::Id))
            .equals((tokens::Entity, tokens::Column::DriverId));
        query.left_join(drivers::Entity, theirs);
        let state = Expr::col((drivers::Entity, drivers::Column::State));
        query.expr_as(state, Alias::new("driver_state"));
        let Some(row) = self.db.query_one(&query).await? else {
            return Ok((None, None, false));
        };
        let token = tokens::Model::from_query_result_optional(&row, TOKEN)?;
        let token = token.map(crate::token::from_row).transpose()?;
        let driver: Option<String> = row.try_get("", "driver_state")?;
        let driver = driver
            .as_deref()
            .map(from_word::<DriverState>)
            .transpose()?;
        let barred = driver.is_some_and(|state| state != DriverState::Active);
        Ok((Some(place_from_row(&row)?), token, barred))
    }
}

fn select_place(org: OrgId, station: StationId) -> SelectStatement {
    use {sites::Column as Site, stations::Column as Station};
    let (here, site) = (stations::Entity, sites::Entity);
    let same_site = Expr::col((site, Site::Id)).equals((here, Station::SiteId));
    Query::select()
        .column((here, Station::AdminState))
        .column((site, Site::AdminState))
        .from(here)
        .left_join(site, same_site)
        .and_where(Expr::col((here, Station::Id)).eq(station.uuid()))
        .and_where(Expr::col((here, Station::OrgId)).eq(org.uuid()))
        .to_owned()
}

fn place_from_row(row: &QueryResult) -> Result<Place, Error> {
    let site: Option<String> = row.try_get_by_index(1)?;
    Ok(Place {
        station: from_word(&row.try_get_by_index::<String>(0)?)?,
        site: site.as_deref().map(from_word).transpose()?,
    })
}
