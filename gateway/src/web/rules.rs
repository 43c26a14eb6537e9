//! The rules of a camera: shown, changed, and put back to those of the file.

pub(super) mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tracing::info;

use super::Console;
use super::error::ApiError;
use super::guard::Caller;
use super::live::Topic;
use super::wire::Problem;
use crate::ward::rules::{Asker, RulesError};

type Answer = Result<Json<wire::Rules>, ApiError>;

pub(super) async fn show(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let book = &console.ward.rules;
    let view = book.of(&id).await?;
    Ok(Json(wire::Rules::new(&view, book.labels())))
}

pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<wire::Change>, JsonRejection>,
) -> Answer {
    let wire::Change { rules, revision } = body?.0;
    let asker = Asker::User { name: caller.user, revision };
    put(&console, &id, Some(&rules), asker).await
}

pub(super) async fn reset(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    put(&console, &id, None, Asker::Reset { name: caller.user }).await
}

async fn put(console: &Console, id: &str, rules: Option<&[Value]>, asker: Asker) -> Answer {
    let book = &console.ward.rules;
    let view = book.change(id, rules, asker).await?;
    info!(camera = id, revision = view.revision, by = ?view.edited, "rules were edited");
    console.ward_changed(Topic::Camera, &json!({}));
    Ok(Json(wire::Rules::new(&view, book.labels())))
}

impl From<RulesError> for ApiError {
    fn from(err: RulesError) -> Self {
        match err {
            RulesError::NoSuchCamera => Self::not_found("camera"),
            RulesError::Changed { .. } => Self::conflict("changed", err.to_string()),
            RulesError::SeenBefore => Self::internal(err),
            RulesError::Store(err) => err.into(),
            RulesError::Wrong(ref problems) => {
                let problems = problems.iter().map(|it| Problem {
                    at: it.rule,
                    key: it.key.clone(),
                    message: it.text.clone(),
                });
                let problems = problems.collect();
                Self::new(StatusCode::BAD_REQUEST, "rules", err.to_string()).with_problems(problems)
            }
        }
    }
}
