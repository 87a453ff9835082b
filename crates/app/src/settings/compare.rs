//! Two stations beside each other.

use domain::command::VariableName;
use domain::id::StationId;
use domain::role::{Caller, Permission};
use domain::setting::{Area, folded, same};

use super::lines::{Line, all};
use crate::app::App;
use crate::error::Error;
use crate::gate;

/// One setting at two stations.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Which.
    pub name: VariableName,
    /// Its group.
    pub area: Area,
    /// What the first has; none when it tells no value.
    pub left: Option<String>,
    /// What the second has.
    pub right: Option<String>,
    /// What is wished of the first.
    pub left_wish: Option<String>,
    /// What is wished of the second.
    pub right_wish: Option<String>,
    /// Whether both are set alike, without regard to case, order and units.
    pub same: bool,
}

fn value(line: &Line) -> Option<String> {
    line.reported.as_ref().and_then(|(r, _)| r.value.clone())
}

fn wished(line: &Line) -> Option<String> {
    line.setting.as_ref().map(|s| s.wish.value.clone())
}

/// What two stations are set to, by name, with `station_settings.view` for both.
pub async fn compare(
    app: &App,
    caller: &Caller,
    one: StationId,
    other: StationId,
    only_different: bool,
) -> Result<Vec<Compared>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    pass.station(app, one).await?;
    pass.station(app, other).await?;
    let left = all(app, caller, one).await?;
    let mut right: std::collections::HashMap<VariableName, Line> = all(app, caller, other)
        .await?
        .into_iter()
        .map(|line| (folded(&line.name), line))
        .collect();
    let mut rows = Vec::new();
    for line in left {
        let own = right.remove(&folded(&line.name));
        rows.push((Some(line), own));
    }
    rows.extend(right.into_values().map(|line| (None, Some(line))));
    let compared = rows.into_iter().filter_map(|(left, right)| {
        let any = left.as_ref().or(right.as_ref())?;
        let (name, area) = (any.name.clone(), any.area);
        let (a, b) = (
            left.as_ref().and_then(value),
            right.as_ref().and_then(value),
        );
        Some(Compared {
            same: match (&a, &b) {
                (Some(a), Some(b)) => same(&name, a, b),
                (None, None) => left.is_some() == right.is_some(),
                _ => false,
            },
            left_wish: left.as_ref().and_then(wished),
            right_wish: right.as_ref().and_then(wished),
            left: a,
            right: b,
            name,
            area,
        })
    });
    let mut compared: Vec<Compared> = compared
        .filter(|row| !only_different || !row.same)
        .collect();
    compared.sort_by_cached_key(|row| folded(&row.name));
    Ok(compared)
}
