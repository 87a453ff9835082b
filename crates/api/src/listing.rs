//! Lists: a page as JSON, or all of it as a file when `Accept` asks for one: CSV, JSON line by line,
//! or XLSX when it is not too long. A file is read page by page, and CSV is sent so, under the rights that the caller has at each page; one that cannot be read
//! to its end is cut off, so that nobody takes it for whole.

use std::future::Future;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use app::exports::{self, Export};
use domain::page::{Page, PageRequest};
use domain::role::Caller;
use serde::Serialize;

use crate::login::Credential;
use crate::problem::Problem;
use crate::query::{self, Limit};
use crate::server::State;
use crate::table::{self, Row};
use crate::view::ListView;
use crate::workbook;

/// `limit` and `cursor` as they came.
#[derive(Debug)]
pub(crate) struct Paging {
    pub limit: Option<Limit>,
    pub cursor: Option<String>,
}

/// In what form a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Csv,
    Lines,
    Xlsx,
}

/// The media type of one JSON value a line.
const LINES: &str = "application/jsonl";

/// How many rows of a file are read at a time.
const ROWS_AT_ONCE: u32 = 200;

/// The form that `Accept` prefers; JSON where it leaves the choice.
pub(crate) fn form(request: &HttpRequest) -> Form {
    let mut best = (Form::Json, 0.0);
    for value in request.headers().get_all(ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let form = match parts.next().unwrap_or_default().to_lowercase().as_str() {
                table::CSV => Form::Csv,
                LINES | "application/x-ndjson" => Form::Lines,
                workbook::XLSX => Form::Xlsx,
                "application/json" | "application/*" | "*/*" => Form::Json,
                _ => continue,
            };
            let quality = parts
                .find_map(|p| p.strip_prefix("q="))
                .and_then(|q| q.trim().parse::<f32>().ok())
                .unwrap_or(1.0);
            if quality > best.1 {
                best = (form, quality);
            }
        }
    }
    best.0
}

/// Answers a list: `read` reads a page of it for a caller.
pub(crate) async fn answer<R, F, Fut>(
    state: &web::Data<State>,
    request: &HttpRequest,
    caller: Caller,
    paging: Paging,
    export: Export,
    read: F,
) -> Result<HttpResponse, Problem>
where
    R: Row + Serialize + 'static,
    F: Fn(web::Data<State>, Caller, PageRequest) -> Fut + 'static,
    Fut: Future<Output = Result<Page<R>, Problem>> + 'static,
{
    let form = form(request);
    if form == Form::Json {
        let page = query::page(paging.limit, paging.cursor);
        let page = read(state.clone(), caller, page).await?;
        return Ok(HttpResponse::Ok()
            .insert_header((VARY, "accept"))
            .json(ListView::to_view(page, |row| row)));
    }
    for (name, given) in [
        ("limit", paging.limit.is_some()),
        ("cursor", paging.cursor.is_some()),
    ] {
        if given {
            return Err(query::wrong(name, "A file holds the whole list."));
        }
    }
    let reached = exports::permit(&state.app, &caller, export).await?;
    // The first page is read before anything is sent: a refusal is a problem, not half a file.
    let first = read(state.clone(), reached, next_page(None)).await?;
    exports::begin(&state.app, &caller, export).await?;
    let mut file = File {
        lines: form == Form::Lines,
        state: state.clone(),
        credential: Credential::of(request),
        export,
        read,
        waiting: Some(first),
        next: None,
        begun: false,
    };
    let (ending, kind) = match form {
        Form::Xlsx => ("xlsx", workbook::XLSX),
        Form::Lines => ("jsonl", LINES),
        _ => ("csv", "text/csv; charset=utf-8; header=present"),
    };
    let name = export.name();
    let day = state.app.now().format("%Y-%m-%d");
    let disposition = format!("attachment; filename=\"{name}-{day}.{ending}\"");
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header((VARY, "accept"));
    if form == Form::Xlsx {
        return Ok(response.body(file.workbook().await?));
    }
    Ok(response.streaming(futures_util::stream::try_unfold(file, File::part)))
}

/// A page of a list that is read whole: the rows after the one that the cursor names. `key` tells
/// the rows of a list apart.
pub(crate) fn cut<T>(
    request: &HttpRequest,
    page: &PageRequest,
    mut rows: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, Problem> {
    let name = |row: &T| {
        let text = format!("{}\u{1f}{}", request.path(), key(row));
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    };
    if let Some(cursor) = &page.cursor {
        let last = rows.iter().position(|row| name(row) == *cursor);
        let last = last.ok_or_else(|| {
            let detail = "The cursor does not belong to this list, or its row is gone.";
            Problem::field("cursor", "invalid_cursor", detail)
        })?;
        rows.drain(..=last);
    }
    let limit = page.limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(name);
    Ok(Page { rows, next })
}

fn next_page(cursor: Option<String>) -> PageRequest {
    PageRequest {
        limit: ROWS_AT_ONCE,
        cursor,
    }
}

/// One JSON value a line.
fn lines<R: Serialize>(rows: &[R]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// A file on its way.
struct File<R, F> {
    lines: bool,
    state: web::Data<State>,
    credential: Option<Credential>,
    export: Export,
    read: F,
    waiting: Option<Page<R>>,
    next: Option<String>,
    begun: bool,
}

impl<R, F, Fut> File<R, F>
where
    R: Row + Serialize,
    F: Fn(web::Data<State>, Caller, PageRequest) -> Fut,
    Fut: Future<Output = Result<Page<R>, Problem>>,
{
    /// The next part of the file.
    async fn part(mut self) -> Result<Option<(Bytes, Self)>, std::io::Error> {
        let rows = self.rows().await;
        let Some(rows) = rows.map_err(|problem| std::io::Error::other(problem.to_string()))? else {
            return Ok(None);
        };
        let text = match self.lines {
            true => lines(&rows)?,
            false => table::csv(rows, !self.begun)?,
        };
        self.begun = true;
        Ok(Some((Bytes::from(text), self)))
    }

    /// All of it as a workbook, which has to be made in one piece.
    async fn workbook(&mut self) -> Result<Vec<u8>, Problem> {
        let full = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Try again.");
        let state = self.state.clone();
        let _turn = state.workbooks.acquire().await.map_err(full)?;
        let mut cells = Vec::new();
        while let Some(rows) = self.rows().await? {
            cells.extend(rows.into_iter().map(Row::cells));
            if cells.len() > workbook::MOST_ROWS {
                return Err(Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "too_many_rows",
                    format!(
                        "A workbook holds at most {} rows: narrow the list, or ask for text/csv.",
                        workbook::MOST_ROWS
                    ),
                ));
            }
        }
        let made = web::block(move || workbook::xlsx(R::COLUMNS, cells)).await;
        let fault = |error: String| Problem::from(app::Error::internal(error));
        let made = made.map_err(|error| fault(error.to_string()))?;
        made.map_err(|error| fault(error.to_string()))
    }

    /// The rows of the next page, with the rights of now.
    async fn rows(&mut self) -> Result<Option<Vec<R>>, Problem> {
        let page = match (self.waiting.take(), self.next.take()) {
            (Some(page), _) => page,
            (None, None) => return Ok(None),
            (None, Some(cursor)) => {
                let credential = self.credential.as_ref();
                let credential = credential.ok_or_else(Problem::not_signed_in)?;
                let caller = credential.caller(&self.state).await?;
                let caller = caller.ok_or_else(Problem::not_signed_in)?;
                let caller = exports::permit(&self.state.app, &caller, self.export).await?;
                (self.read)(self.state.clone(), caller, next_page(Some(cursor))).await?
            }
        };
        self.next = page.next;
        Ok(Some(page.rows))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_whole_list_is_cut_into_pages_that_join() {
        let list = |path| TestRequest::get().uri(path).to_http_request();
        let (one, other) = (list("/one"), list("/other"));
        let read = |limit, cursor| {
            let page = PageRequest { limit, cursor };
            cut(&one, &page, (0..5).collect(), i32::to_string)
        };
        for limit in [1, 2, 5, 200] {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let page = read(limit, cursor).unwrap();
                all.extend(page.rows);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(all, [0, 1, 2, 3, 4], "{limit} at a time");
        }
        let cursor = read(2, None).unwrap().next;
        assert!(cursor.is_some());
        let page = PageRequest { limit: 2, cursor };
        let refused = cut(&other, &page, (0..5).collect(), i32::to_string);
        assert_eq!(refused.unwrap_err().errors[0].code, "invalid_cursor");
        let gone = cut(&one, &page, vec![0, 3, 4], i32::to_string);
        assert!(gone.is_err(), "a row that is gone is no place to go on");
    }

    #[test]
    fn a_file_is_sent_only_to_those_who_ask_for_one() {
        let form = |accept: &str| {
            form(
                &TestRequest::get()
                    .insert_header((ACCEPT, accept))
                    .to_http_request(),
            )
        };
        assert_eq!(form("*/*"), Form::Json);
        assert_eq!(form("text/csv"), Form::Csv);
        assert_eq!(form("application/jsonl"), Form::Lines);
        assert_eq!(form(workbook::XLSX), Form::Xlsx);
        assert_eq!(form("application/json, text/csv;q=0.5"), Form::Json);
        assert_eq!(form("text/csv, */*;q=0.1"), Form::Csv);
        assert_eq!(form("text/csv;q=0"), Form::Json);
        assert_eq!(
            form("text/html,application/xhtml+xml,*/*;q=0.8"),
            Form::Json
        );
        assert_eq!(
            super::form(&TestRequest::get().to_http_request()),
            Form::Json
        );
    }
}
