//! Reported variables, counted deviations, and notices of a station.

use domain::clock::Moment;
use domain::command::VariableName;
use domain::deviation::{Deviation, DeviationCount};
use domain::id::{NoticeId, SiteId, StationId};
use domain::message::Notice;
use domain::page::{Page, PageRequest};
use domain::station::Identity;
use domain::variable::{VariableReading, is_secret};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{deviations, notices, stations, variables};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::by_station;
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By which a variable is found again: names are compared without case.
fn key_of(name: &VariableName, attribute: &str) -> String {
    format!("{} {}", json(name).to_lowercase(), attribute.to_lowercase())
}

fn from_row(row: variables::Model) -> Result<(VariableReading, Moment), Error> {
    let reading = VariableReading {
        name: from_json(&row.name)?,
        attribute: row.attribute,
        value: row.value,
        mutability: row.mutability.as_deref().map(from_word).transpose()?,
        traits: row.traits.as_deref().map(from_json).transpose()?,
    };
    Ok((reading, moment(row.reported_at)?))
}

impl Work {
    /// Keeps reported values; the value of a secret is never kept.
    pub async fn variables(
        &mut self,
        station: StationId,
        readings: &[VariableReading],
        at: Moment,
    ) -> Result<(), Error> {
        for reading in readings {
            let name = json(&reading.name);
            let key = key_of(&reading.name, &reading.attribute);
            let value = reading.value.clone().filter(|_| !is_secret(&reading.name));
            let row = variables::ActiveModel {
                station_id: Set(station.uuid()),
                key: Set(key),
                name: Set(name),
                attribute: Set(reading.attribute.clone()),
                value: Set(value),
                mutability: Set(reading.mutability.as_ref().map(word)),
                reported_at: Set(ms(at)),
                traits: Set(reading.traits.as_ref().map(json)),
            };
            // An answer that has no place for it takes nothing away of what a report told.
            let mut told = vec![variables::Column::Value, variables::Column::ReportedAt];
            if reading.mutability.is_some() {
                told.push(variables::Column::Mutability);
            }
            if reading.traits.is_some() {
                told.push(variables::Column::Traits);
            }
            let again = OnConflict::columns([variables::Column::StationId, variables::Column::Key])
                .update_columns(told)
                .to_owned();
            variables::Entity::insert(row)
                .on_conflict(again)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Counts what was forgiven in a message.
    pub async fn deviations(
        &mut self,
        station: StationId,
        action: &str,
        found: &[Deviation],
        at: Moment,
    ) -> Result<(), Error> {
        for deviation in found {
            let row = deviations::ActiveModel {
                station_id: Set(station.uuid()),
                code: Set(deviation.code.clone()),
                action: Set(action.to_owned()),
                text: Set(deviation.text.clone()),
                count: Set(1),
                first_at: Set(ms(at)),
                last_at: Set(ms(at)),
            };
            let again = OnConflict::columns([
                deviations::Column::StationId,
                deviations::Column::Code,
                deviations::Column::Action,
            ])
            .update_columns([deviations::Column::Text, deviations::Column::LastAt])
            .value(
                deviations::Column::Count,
                Expr::col((deviations::Entity, deviations::Column::Count)).add(1),
            )
            .to_owned();
            deviations::Entity::insert(row)
                .on_conflict(again)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Keeps a notice.
    pub fn notice(
        &mut self,
        id: NoticeId,
        station: StationId,
        notice: &Notice,
        received_at: Moment,
    ) {
        self.appends.notices.push(notices::ActiveModel {
            id: Set(id.uuid()),
            station_id: Set(station.uuid()),
            kind: Set(word(&notice.kind)),
            title: Set(notice.title.clone()),
            at: Set(notice.at.map(ms)),
            received_at: Set(ms(received_at)),
            detail: Set(notice.detail.clone()),
        });
    }
}

impl Read {
    /// What a station reported, by name, with the time of the report.
    pub async fn variables(
        &self,
        station: StationId,
    ) -> Result<Vec<(VariableReading, Moment)>, Error> {
        let rows = variables::Entity::find()
            .filter(variables::Column::StationId.eq(station.uuid()))
            .order_by_asc(variables::Column::Key)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// What a station reported of these, where it did.
    pub async fn variables_named(
        &self,
        station: StationId,
        names: &[VariableName],
    ) -> Result<Vec<VariableReading>, Error> {
        let keys = names.iter().map(|name| key_of(name, "Actual"));
        let rows = variables::Entity::find()
            .filter(variables::Column::StationId.eq(station.uuid()))
            .filter(variables::Column::Key.is_in(keys))
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| from_row(row).map(|(reading, _)| reading))
            .collect()
    }

    /// How many values a station reported since then, and how many it ever did.
    pub async fn variables_counted(
        &self,
        station: StationId,
        since: Moment,
    ) -> Result<(u64, u64), Error> {
        let of =
            || variables::Entity::find().filter(variables::Column::StationId.eq(station.uuid()));
        let fresh = of().filter(variables::Column::ReportedAt.gte(ms(since)));
        Ok((fresh.count(&self.db).await?, of().count(&self.db).await?))
    }

    /// What the stations of a site reported, by station and name.
    pub async fn site_variables(
        &self,
        site: SiteId,
        page: &PageRequest,
    ) -> Result<Page<(Identity, StationId, VariableReading, Moment)>, Error> {
        use variables::Column as C;
        let station = variables::Entity::belongs_to(stations::Entity)
            .from(C::StationId)
            .to(stations::Column::Id)
            .into();
        let list = format!("site_variables {site}");
        let query = variables::Entity::find()
            .select_also(stations::Entity)
            .join(JoinType::InnerJoin, station)
            .filter(stations::Column::SiteId.eq(site.uuid()));
        let rows = by_station(query, (C::StationId, C::Key), page, &list)?
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |(row, _)| Cursor {
            value: row.key.clone(),
            id: row.station_id,
        });
        let rows = rows.into_iter().map(|(row, station)| {
            let id = StationId::from_uuid(row.station_id);
            let station = station.ok_or_else(|| corrupt("a variable of no station"))?;
            let identity = Identity::parse(&station.identity).map_err(corrupt)?;
            let (reading, at) = from_row(row)?;
            Ok((identity, id, reading, at))
        });
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }

    /// What was forgiven to a station, the newest first.
    pub async fn deviations(&self, station: StationId) -> Result<Vec<DeviationCount>, Error> {
        let rows = deviations::Entity::find()
            .filter(deviations::Column::StationId.eq(station.uuid()))
            .order_by_desc(deviations::Column::LastAt)
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(DeviationCount {
                    code: row.code,
                    action: row.action,
                    text: row.text,
                    count: row.count,
                    first_at: moment(row.first_at)?,
                    last_at: moment(row.last_at)?,
                })
            })
            .collect()
    }

    /// Notices of a station, the newest first.
    pub async fn notices(
        &self,
        station: StationId,
        page: &PageRequest,
    ) -> Result<Page<(NoticeId, Notice)>, Error> {
        let mut query =
            notices::Entity::find().filter(notices::Column::StationId.eq(station.uuid()));
        if let Some(cursor) = &page.cursor {
            query = query.filter(notices::Column::Id.lt(Cursor::from_text(cursor, "notices")?.id));
        }
        let rows = query
            .order_by_desc(notices::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "notices", |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        let rows = rows
            .into_iter()
            .map(|row| {
                let notice = Notice {
                    kind: from_word(&row.kind)?,
                    title: row.title,
                    at: maybe_moment(row.at)?.or(Some(moment(row.received_at)?)),
                    detail: row.detail,
                };
                Ok((NoticeId::from_uuid(row.id), notice))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Page { rows, next })
    }
}
