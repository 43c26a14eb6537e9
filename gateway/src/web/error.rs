//! Every refusal of the API: a status, a code for programs, a sentence for people.

use std::time::Duration;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tracing::{error, warn};

use super::wire;
use crate::store::StoreError;

/// Shown as `{"error": {"code", "message"}}`. The console translates by `code`.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Sent as `Retry-After`, in whole seconds.
    retry_after: Option<Duration>,
    /// What is wrong with each part of what was sent.
    problems: Vec<wire::Problem>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, problems: Vec::new() }
    }

    pub(super) fn with_problems(self, problems: Vec<wire::Problem>) -> Self {
        Self { problems, ..self }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(super) fn unauthenticated() -> Self {
        let message = "log in first: there is no session, or it has ended";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub(super) fn too_many_attempts(wait: Duration) -> Self {
        let seconds = wait.as_secs().max(1);
        let message = format!("too many attempts: try again in {seconds} s");
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message);
        Self { retry_after: Some(Duration::from_secs(seconds)), ..error }
    }

    pub(super) fn busy() -> Self {
        let message = "the box is busy: try again in a few seconds";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
        Self { retry_after: Some(Duration::from_secs(5)), ..error }
    }

    /// The caller can do something about it, or knows who can.
    pub(super) fn disk_full(cause: impl std::fmt::Display) -> Self {
        warn!(%cause, "a console request found the disk full");
        let message = "the disk of the box is full and nothing was stored: ask its technician to \
                       make room, then try again";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message)
    }

    /// For what the caller cannot mend: the cause goes to the log, not to the caller.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        error!(%cause, "a console request broke");
        let message = "the box could not do this: see its log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = wire::Refusal::new(self.code, self.message, self.problems);
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            let seconds = HeaderValue::from(wait.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(err: StoreError) -> Self {
        if matches!(err, StoreError::Full(_)) {
            return Self::disk_full(err);
        }
        Self::internal(err)
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "invalid", rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "invalid", rejection.body_text())
    }
}

impl From<MultipartRejection> for ApiError {
    fn from(rejection: MultipartRejection) -> Self {
        Self::new(rejection.status(), "invalid", rejection.body_text())
    }
}
