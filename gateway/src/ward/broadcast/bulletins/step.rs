//! One step of a bulletin: read, decided and written in one transaction together with its audit entry.

use base::Sha256;
use broadcast::bulletin::{Bulletin, Event, Refused, UserId};
use broadcast::schedule::Schedule;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Bulletins;
use crate::report::{Kind, NewEvent};
use crate::ward::broadcast::error::BulletinError;
use crate::ward::broadcast::layer_row::{self, Days};
use crate::ward::broadcast::row;
use crate::ward::broadcast::view::{BulletinView, Changes, Origin};

/// Of a text in an audit entry: an entry must fit into a message, the hash is of all of it.
const MOST_WORDS_BYTES: usize = 16 << 10;

/// What somebody wants to do with a bulletin, and the word for the audit log.
pub(super) struct Step {
    pub word: &'static str,
    pub event: Event,
    pub detail: Value,
}

/// What changes of the row besides what the rules decide.
pub(super) enum Edit {
    Content(Changes),
    Days(Days),
}

impl Bulletins {
    pub(super) async fn step(
        &self,
        user: &UserId,
        id: Uuid,
        step: Step,
    ) -> Result<BulletinView, BulletinError> {
        self.step_with(user, id, step, None).await
    }

    /// Reads, decides and writes in one transaction: of two people who click at once, one is told.
    pub(super) async fn step_with(
        &self,
        user: &UserId,
        id: Uuid,
        step: Step,
        edit: Option<Edit>,
    ) -> Result<BulletinView, BulletinError> {
        let now = self.reporter.clock().now();
        let (reporter, user) = (self.reporter.clone(), user.clone());
        let write = move |conn: &Connection| {
            let Some(mut kept) = row::find(conn, id)? else {
                return Ok(Err(BulletinError::Unknown { id }));
            };
            let next: Result<Bulletin, Refused> = kept.bulletin().on(step.event, now);
            let next = match next {
                Ok(next) => next,
                Err(refused) => return Ok(Err(refused.into())),
            };
            kept.set(&next, now);
            match edit {
                Some(Edit::Content(changes)) => changes.apply(&mut kept.view),
                Some(Edit::Days(days)) => {
                    if let Some(layer) = unknown_layer(conn, &days)? {
                        return Ok(Err(BulletinError::UnknownLayer { layer }));
                    }
                    kept.view.days = days;
                }
                None => {}
            }
            row::update(conn, &kept)?;
            reporter.record_in(conn, audit(step.word, &user, &kept.view, &step.detail, now))?;
            Ok(Ok(kept.view))
        };
        Ok(self.shown(self.reporter.store().write(write).await??))
    }
}

fn unknown_layer(conn: &Connection, days: &Days) -> rusqlite::Result<Option<String>> {
    for layer in days.keys() {
        if layer_row::find(conn, layer)?.is_none() {
            return Ok(Some(layer.clone()));
        }
    }
    Ok(None)
}

pub(super) fn audit(
    word: &str,
    user: &UserId,
    view: &BulletinView,
    detail: &Value,
    now: Timestamp,
) -> NewEvent {
    let policy = view.policy();
    let data = json!({
        "action": word,
        "user": user.as_str(),
        "bulletin_id": view.id,
        "title": view.title,
        "state": view.stage.as_str(),
        // Why one more person must approve it; null where nobody must.
        "second_missing": view.second_why.as_ref().filter(|_| view.is_second_missing)
            .map(ToString::to_string),
        "sha256": view.content.sha256.to_string(),
        // When it is interrupted, and when a cluster is late: decided with the sound.
        "resume": policy.resume.as_str(),
        "catch_up_ms": i64::try_from(policy.catch_up.as_millis()).unwrap_or(i64::MAX),
        "detail": detail,
    });
    NewEvent { kind: Kind::AuditEntry, occurred_at: now, data }
}

/// When it was to play.
pub(super) fn planned(schedule: &Schedule) -> Value {
    match schedule {
        Schedule::At(at) => json!({ "at": at.to_string() }),
        Schedule::Rule(rule) => json!({ "rrule": rule.as_str() }),
    }
}

/// What was approved: the sound, the words as they were written and as they are said, the hour.
pub(super) fn approved(audio: Sha256, schedule: Option<Sha256>, origin: &Origin) -> Value {
    let mut detail = json!({
        "sha256": audio.to_string(),
        "schedule_sha256": schedule.map(|it| it.to_string()),
    });
    match origin {
        Origin::Upload { file_name } => detail["file_name"] = json!(file_name),
        Origin::Speech { text, normalised, voice } => {
            detail["text"] = words(text);
            detail["normalised"] = words(normalised);
            detail["voice"] = json!(voice);
        }
    }
    detail
}

fn words(text: &str) -> Value {
    let kept = text.floor_char_boundary(MOST_WORDS_BYTES);
    json!({
        "sha256": Sha256::of(text.as_bytes()).to_string(),
        "words": text[..kept],
        "is_whole": kept == text.len(),
    })
}
