//! What became of a file of stations, as the API shows it.

use app::stations::{ImportReport, ImportedRow, RowFate};
use serde::Serialize;
use utoipa::ToSchema;

use super::{word, words};
use crate::problem::Place;

/// What became of a file of stations, or would become of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportView {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// How many stations were added.
    pub made: usize,
    /// How many were changed.
    pub changed: usize,
    /// How many were there as the file has them.
    pub same: usize,
    /// How many rows were refused.
    pub refused: usize,
    /// The columns that were passed over: the station or Busbar tells them.
    pub passed_over: Vec<String>,
    /// The rows, in the order of the file.
    pub rows: Vec<ImportRowView>,
}

/// What became of a row.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportRowView {
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
    pub identity: Option<String>,
    #[schema(value_type = words::ImportOutcome)]
    pub outcome: String,
    /// Null where there is no station, or none yet.
    pub station_id: Option<String>,
    /// What is changed: `name`, `site`.
    pub changes: Vec<String>,
    /// The password that was drawn, shown this once.
    pub password: Option<String>,
    /// Why it was refused; a pointer is `/` and the name of a column, or empty.
    pub errors: Vec<Place>,
}

impl std::fmt::Debug for ImportRowView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportRowView({}: {})", self.line, self.outcome)
    }
}

impl ImportView {
    pub fn to_view(report: ImportReport) -> Self {
        Self {
            dry_run: report.dry_run,
            made: report.count(RowFate::Made),
            changed: report.count(RowFate::Changed),
            same: report.count(RowFate::Same),
            refused: report.count(RowFate::Refused),
            passed_over: report.passed_over,
            rows: report
                .rows
                .into_iter()
                .map(ImportRowView::to_view)
                .collect(),
        }
    }
}

impl ImportRowView {
    fn to_view(row: ImportedRow) -> Self {
        let place = |problem: app::Problem| Place {
            pointer: problem.pointer,
            code: problem.code,
            detail: problem.detail,
        };
        Self {
            line: row.line,
            identity: row.identity,
            outcome: word(&row.fate),
            station_id: row.station.map(|id| id.to_string()),
            changes: row.changes.into_iter().map(str::to_owned).collect(),
            password: row.password,
            errors: row.problems.into_iter().map(place).collect(),
        }
    }
}
