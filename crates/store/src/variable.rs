//! Reported variables, counted deviations, and notices of a station.

use domain::clock::Moment;
use domain::deviation::{Deviation, DeviationCount};
use domain::id::{NoticeId, StationId};
use domain::message::Notice;
use domain::page::{Page, PageRequest};
use domain::variable::{VariableReading, is_secret};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{deviations, notices, variables};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

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
            let value = reading.value.clone().filter(|_| !is_secret(&reading.name));
            let row = variables::ActiveModel {
                station_id: Set(station.uuid()),
                key: Set(format!(
                    "{} {}",
                    name.to_lowercase(),
                    reading.attribute.to_lowercase()
                )),
                name: Set(name),
                attribute: Set(reading.attribute.clone()),
                value: Set(value),
                mutability: Set(reading.mutability.as_ref().map(word)),
                reported_at: Set(ms(at)),
            };
            let mut columns = vec![variables::Column::Value, variables::Column::ReportedAt];
            // Most answers do not tell whether a variable can be written; a report did.
            columns.extend(reading.mutability.map(|_| variables::Column::Mutability));
            let again = OnConflict::columns([variables::Column::StationId, variables::Column::Key])
                .update_columns(columns)
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
        rows.into_iter()
            .map(|row| {
                let reading = VariableReading {
                    name: from_json(&row.name)?,
                    attribute: row.attribute,
                    value: row.value,
                    mutability: row.mutability.as_deref().map(from_word).transpose()?,
                };
                Ok((reading, moment(row.reported_at)?))
            })
            .collect()
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
