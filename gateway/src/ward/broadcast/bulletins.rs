//! The service behind the console: bulletins from draft to calendar. Every step is one transaction
//! together with its audit entry; the rules are `broadcast::bulletin`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use base::{Sha256, new_uuid};
use broadcast::bulletin::{Bulletin, Event, Refused, UserId};
use broadcast::plan::{Planned, Targets};
use broadcast::schedule::{Rule, Schedule};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::BulletinError;
use super::ingest::{Ingest, Ingested};
use super::plan::preview;
use super::row::{self, Kept};
use super::spool::Spool;
use super::view::{BulletinView, NewBulletin, PlayView, ScheduleRequest, Scheduled, Source};
use super::{Wake, Ward, play_row};
use crate::report::{Kind, NewEvent, Reporter};

/// As the library takes it: an hour of studio WAV.
const MOST_UPLOAD_BYTES: u64 = broadcast::library::LARGEST_BYTES;
const LONGEST_TITLE: usize = 200;
/// A calendar entry that says nothing for a year is a mistake.
const A_YEAR: Duration = Duration::from_hours(366 * 24);
const MOST_LISTED: u32 = 500;

#[derive(Clone, Debug)]
pub struct Bulletins {
    settings: BulletinsSettings,
    reporter: Reporter,
    ingest: Ingest,
    wake: Wake,
}

#[derive(Clone, Debug)]
pub struct BulletinsSettings {
    /// `data_dir`; uploads wait in `spool/` below it, and the sound lies in `content/`.
    pub data_dir: PathBuf,
    pub ward: Ward,
}

/// What somebody wants to do with a bulletin, and the word for the audit log.
struct Step {
    word: &'static str,
    event: Event,
    detail: Value,
}

impl Bulletins {
    pub fn new(
        settings: BulletinsSettings,
        reporter: Reporter,
        ingest: Ingest,
        wake: Wake,
    ) -> Self {
        Self { settings, reporter, ingest, wake }
    }

    /// A file for an upload that is coming in.
    pub async fn spool(&self) -> Result<Spool, BulletinError> {
        let folder = self.settings.data_dir.join("spool");
        Ok(Spool::create(&folder, MOST_UPLOAD_BYTES).await?)
    }

    /// Checks the sound, brings it to the house's loudness, encodes and keeps it. Takes seconds for
    /// a long recording.
    pub async fn add(
        &self,
        user: &UserId,
        new: NewBulletin,
    ) -> Result<BulletinView, BulletinError> {
        let now = self.reporter.clock().now();
        self.check_words(&new.title, &new.targets)?;
        if let Some(at) = new.expires_at.filter(|at| *at <= now) {
            return Err(BulletinError::ExpiresInThePast { at });
        }
        let ingested = self.ingest(new.source).await?;
        let kept = Kept {
            view: BulletinView {
                id: new_uuid(now),
                title: new.title,
                created_by: user.clone(),
                created_at: now,
                stage: broadcast::bulletin::Stage::Draft,
                priority: new.priority,
                targets: new.targets,
                origin: ingested.origin,
                content: ingested.content,
                loudness_lufs: ingested.loudness.integrated_lufs,
                true_peak_dbtp: ingested.loudness.true_peak_dbtp,
                submitted_at: None,
                approval: None,
                rejection: None,
                schedule: None,
                expires_at: new.expires_at,
            },
            scheduled_at: None,
            authors: BTreeSet::from([user.clone()]),
        };
        let entry = audit("bulletin.add", user, &kept.view, &Value::Null, now);
        let reporter = self.reporter.clone();
        let write = move |conn: &Connection| {
            row::insert(conn, &kept)?;
            reporter.record_in(conn, entry)?;
            Ok(kept.view)
        };
        Ok(self.reporter.store().write(write).await?)
    }

    /// Changes title or targets. Any edit makes it a draft again and recalls what was ordered.
    pub async fn edit(
        &self,
        user: &UserId,
        id: Uuid,
        title: Option<String>,
        targets: Option<Targets>,
    ) -> Result<BulletinView, BulletinError> {
        let kept = self.kept(id).await?;
        let title = title.unwrap_or(kept.view.title);
        let targets = targets.unwrap_or(kept.view.targets);
        self.check_words(&title, &targets)?;
        let edited = (title, targets);
        let event = Event::Edited { by: user.clone(), audio: kept.view.content.sha256 };
        let step = Step { word: "bulletin.edit", event, detail: Value::Null };
        let view = self.step_with(user, id, step, Some(edited)).await?;
        self.wake.wake();
        Ok(view)
    }

    pub async fn submit(&self, user: &UserId, id: Uuid) -> Result<BulletinView, BulletinError> {
        let event = Event::Submitted { by: user.clone() };
        self.step(user, id, Step { word: "bulletin.submit", event, detail: Value::Null }).await
    }

    /// `heard`: the hash of what the approver listened to, where the console knows it. Without it,
    /// the approval is for the sound that is stored now.
    pub async fn approve(
        &self,
        user: &UserId,
        id: Uuid,
        heard: Option<Sha256>,
    ) -> Result<BulletinView, BulletinError> {
        let audio = match heard {
            Some(heard) => heard,
            None => self.kept(id).await?.view.content.sha256,
        };
        let event = Event::Approved { by: user.clone(), audio };
        let detail = json!({ "sha256": audio.to_string() });
        self.step(user, id, Step { word: "bulletin.approve", event, detail }).await
    }

    pub async fn reject(
        &self,
        user: &UserId,
        id: Uuid,
        reason: String,
    ) -> Result<BulletinView, BulletinError> {
        let detail = json!({ "reason": reason });
        let event = Event::Rejected { by: user.clone(), reason };
        self.step(user, id, Step { word: "bulletin.reject", event, detail }).await
    }

    /// Puts an approved bulletin into the calendar, in place of its last entry if it had one.
    pub async fn schedule(
        &self,
        user: &UserId,
        id: Uuid,
        request: ScheduleRequest,
    ) -> Result<Scheduled, BulletinError> {
        let now = self.reporter.clock().now();
        let schedule = self.believe(request, now)?;
        // See `keeping`. A disk that cannot be asked is no reason to refuse.
        if !tokio::fs::try_exists(self.audio(id).await?).await.unwrap_or(true) {
            return Err(BulletinError::SoundRemoved);
        }
        let detail = match &schedule {
            Schedule::At(at) => json!({ "at": at.to_string() }),
            Schedule::Rule(rule) => json!({ "rrule": rule.as_str() }),
        };
        let event = Event::Scheduled { by: user.clone(), schedule };
        let step = Step { word: "bulletin.schedule", event, detail };
        let bulletin = self.step(user, id, step).await?;
        self.wake.wake();
        let next = self.next_starts(id, now).await?;
        Ok(Scheduled { bulletin, next })
    }

    /// The newest first, at most 500.
    pub async fn list(&self) -> Result<Vec<BulletinView>, BulletinError> {
        let kept = self.reporter.store().read(|conn| row::newest(conn, MOST_LISTED)).await?;
        Ok(kept.into_iter().map(|it| it.view).collect())
    }

    pub async fn show(&self, id: Uuid) -> Result<BulletinView, BulletinError> {
        Ok(self.kept(id).await?.view)
    }

    /// The Ogg/Opus file to listen to before approving.
    pub async fn audio(&self, id: Uuid) -> Result<PathBuf, BulletinError> {
        let view = self.show(id).await?;
        Ok(self.settings.data_dir.join("content").join(view.file_name()))
    }

    /// Plays that start in `from..to`, in order, at most 500.
    pub async fn plays(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PlayView>, BulletinError> {
        let read = move |conn: &Connection| play_row::plays(conn, from, to, MOST_LISTED);
        Ok(self.reporter.store().read(read).await?)
    }

    fn believe(&self, request: ScheduleRequest, now: Timestamp) -> Result<Schedule, BulletinError> {
        if !self.reporter.trust().is_trusted() {
            return Err(BulletinError::ClockUntrusted);
        }
        let Ward { lead, zone, .. } = &self.settings.ward;
        let schedule = match request {
            ScheduleRequest::At(at) => {
                let earliest = now.checked_add(*lead).unwrap_or(Timestamp::MAX);
                if at < earliest {
                    return Err(BulletinError::TooSoon { at, earliest, lead: *lead });
                }
                // Times on the wire and in the database have milliseconds, and this one becomes an id.
                let in_ms = Timestamp::from_millisecond(at.as_millisecond());
                Schedule::At(in_ms.unwrap_or(at))
            }
            ScheduleRequest::Rule(text) => Schedule::Rule(Rule::parse(&text, zone)?),
        };
        let in_a_year = now.checked_add(A_YEAR).unwrap_or(Timestamp::MAX);
        if schedule.starts(now, in_a_year)?.is_empty() {
            return Err(BulletinError::NeverPlays);
        }
        Ok(schedule)
    }

    async fn next_starts(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Planned<Uuid>>, BulletinError> {
        let kept = self.reporter.store().read(row::scheduled).await?;
        Ok(preview(&kept, self.settings.ward.quiet.as_ref(), id, now))
    }

    fn check_words(&self, title: &str, targets: &Targets) -> Result<(), BulletinError> {
        let n_chars = title.trim().chars().count();
        if !(1..=LONGEST_TITLE).contains(&n_chars) {
            return Err(BulletinError::Title { n_chars });
        }
        let Targets::Some(clusters) = targets else { return Ok(()) };
        if clusters.is_empty() {
            return Err(BulletinError::NoTargets);
        }
        let all = &self.settings.ward.clusters;
        let known = |it: &&String| all.iter().any(|cluster| cluster.id.as_str() == *it);
        match clusters.iter().find(|it| !known(it)) {
            Some(cluster) => Err(BulletinError::UnknownCluster { cluster: cluster.clone() }),
            None => Ok(()),
        }
    }

    async fn ingest(&self, source: Source) -> Result<Ingested, BulletinError> {
        match source {
            Source::Upload { file_name, spool } => {
                let file = spool.finish().await?;
                Ok(self.ingest.recording(file, file_name).await?)
            }
            Source::Speech { text, voice } => Ok(self.ingest.speech(text, voice).await?),
        }
    }

    async fn kept(&self, id: Uuid) -> Result<Kept, BulletinError> {
        let kept = self.reporter.store().read(move |conn| row::find(conn, id)).await?;
        kept.ok_or(BulletinError::Unknown { id })
    }

    async fn step(
        &self,
        user: &UserId,
        id: Uuid,
        step: Step,
    ) -> Result<BulletinView, BulletinError> {
        self.step_with(user, id, step, None).await
    }

    /// Reads, decides and writes in one transaction: of two people who click at once, one is told.
    async fn step_with(
        &self,
        user: &UserId,
        id: Uuid,
        step: Step,
        words: Option<(String, Targets)>,
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
            if let Some((title, targets)) = words {
                (kept.view.title, kept.view.targets) = (title, targets);
            }
            kept.set(&next, now);
            row::update(conn, &kept)?;
            reporter.record_in(conn, audit(step.word, &user, &kept.view, &step.detail, now))?;
            Ok(Ok(kept.view))
        };
        self.reporter.store().write(write).await?
    }
}

fn audit(
    word: &str,
    user: &UserId,
    view: &BulletinView,
    detail: &Value,
    now: Timestamp,
) -> NewEvent {
    let data = json!({
        "action": word,
        "user": user.as_str(),
        "bulletin_id": view.id,
        "title": view.title,
        "state": view.stage.as_str(),
        "sha256": view.content.sha256.to_string(),
        "detail": detail,
    });
    NewEvent { kind: Kind::AuditEntry, occurred_at: now, data }
}

#[cfg(test)]
mod tests;
