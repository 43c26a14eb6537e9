//! How much was requested and how much was played: numbers for a page, tables for a spreadsheet.

mod table;
pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;

use super::Console;
use super::error::ApiError;
use super::place::csv;
use crate::ward::broadcast::{ReportError, Reports, Request};

pub(super) async fn plays(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let wanted = query?.0;
    let (from, to) = window(&console, wanted.from, wanted.to);
    let request = Request { from, to, by: wanted.by(), term: wanted.period.into() };
    let report = reports(&console).plays(request).await?;
    Ok(match wanted.format {
        wire::Format::Json => Json(wire::Report::new(&report)).into_response(),
        wire::Format::Csv => {
            csv("plays.csv", table::plays(&report, wanted.lang, wanted.delimiter.into()))
        }
    })
}

/// A line for each occurrence on each cluster that was not heard to its end.
pub(super) async fn not_played(
    State(console): State<Arc<Console>>,
    query: Result<Query<wire::Silence>, QueryRejection>,
) -> Result<Response, ApiError> {
    let wanted = query?.0;
    let (from, to) = window(&console, wanted.from, wanted.to);
    let silent = reports(&console).not_played(from, to).await?;
    Ok(match wanted.format {
        wire::Format::Json => {
            Json(silent.iter().map(wire::Silent::from).collect::<Vec<_>>()).into_response()
        }
        wire::Format::Csv => {
            let zone = console.ward.places.zone();
            let table = table::not_played(&silent, zone, wanted.lang, wanted.delimiter.into());
            csv("not-played.csv", table)
        }
    })
}

/// This year until today, unless said.
fn window(console: &Console, from: Option<Date>, to: Option<Date>) -> (Date, Date) {
    let today = console.ward.places.zone().to_datetime(console.clock().now()).date();
    let to = to.unwrap_or_else(|| today.tomorrow().unwrap_or(today));
    let last = to.yesterday().unwrap_or(to);
    (from.unwrap_or_else(|| last.first_of_year()), to)
}

fn reports(console: &Console) -> Reports {
    let ward = &console.ward;
    Reports::new(ward.reporter.clone(), ward.places.clone(), ward.clusters.clone())
}

impl From<ReportError> for ApiError {
    fn from(err: ReportError) -> Self {
        match err {
            ReportError::Store(err) => err.into(),
            ReportError::Backwards { .. } | ReportError::TooLong | ReportError::TooMany => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "window", err.to_string())
            }
        }
    }
}
