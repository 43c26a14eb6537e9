//! The service behind the console: bulletins from draft to calendar. Every step is one transaction
//! together with its audit entry (`step`); the rules are `broadcast::bulletin`.

mod judged;
mod step;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use base::Sha256;
use broadcast::bulletin::{Event, UserId};
use broadcast::calendar::Effect;
use broadcast::library::Waveform;
use broadcast::plan::{Decision, Planned, Reason};
use broadcast::schedule::{Rule, Schedule};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::BulletinError;
use super::facts::Facts;
use super::ingest::{Ingest, Ingested};
use super::plan::Calendar;
use super::repeat;
use super::row::{self, Kept};
use super::sound_row;
use super::spool::Spool;
use super::vault::Vault;
use super::view::{
    BulletinView, Changes, NewBulletin, Planning, PlayView, ScheduleRequest, Scheduled, Source,
};
use super::{Wake, Ward, play_row};
use crate::report::Reporter;
use step::{Edit, Step, audit, planned};

/// As the library takes it: an hour of studio WAV.
const MOST_UPLOAD_BYTES: u64 = broadcast::library::LARGEST_BYTES;
pub(super) const LONGEST_TITLE: usize = 200;
/// A calendar entry that says nothing for a year is a mistake.
const A_YEAR: Duration = Duration::from_hours(366 * 24);
const MOST_LISTED: u32 = 500;
/// What a schedule is answered with.
const PREVIEWED: usize = 10;
const PREVIEW_WINDOWS: [Duration; 2] =
    [Duration::from_hours(8 * 24), Duration::from_hours(366 * 24)];

#[derive(Clone, Debug)]
pub struct Bulletins {
    settings: BulletinsSettings,
    reporter: Reporter,
    ingest: Ingest,
    wake: Wake,
    vault: Vault,
}

#[derive(Clone, Debug)]
pub struct BulletinsSettings {
    /// `data_dir`; uploads wait in `spool/` below it, and the sound lies in `content/`.
    pub data_dir: PathBuf,
    pub ward: Ward,
}

impl Bulletins {
    pub fn new(
        settings: BulletinsSettings,
        reporter: Reporter,
        ingest: Ingest,
        wake: Wake,
    ) -> Self {
        let vault = Vault::new(settings.data_dir.join("content"));
        Self { settings, reporter, ingest, wake, vault }
    }

    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// Where stored sound lies, for whoever must know that it is what it was.
    pub fn vault(&self) -> Vault {
        self.vault.clone()
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
        check_title(&new.title)?;
        self.settings.ward.check_targets(&new.targets)?;
        check_expiry(new.expires_at, now)?;
        let mut detail = made_from(&new.source);
        let ingested = self.ingest(new.source).await?;
        new.choice.check(ingested.content.duration)?;
        let same_as = repeat::find(self.reporter.store(), &ingested).await?;
        detail["same_as"] = json!(same_as.as_ref().map(|it| it.id));
        detail["unknown_words"] = json!(ingested.facts.unknown);
        let draft = BulletinView::draft(
            user.clone(),
            now,
            &new.title,
            ingested.origin,
            ingested.content,
            ingested.loudness,
        );
        let view = BulletinView {
            priority: new.priority,
            targets: new.targets,
            unknown: ingested.facts.unknown.clone(),
            same_as,
            expires_at: new.expires_at,
            choice: new.choice,
            ..draft
        };
        let mut kept = Kept::new(view, None);
        kept.authors = BTreeSet::from([user.clone()]);
        let entry = audit("bulletin.add", user, &kept.view, &detail, now);
        let reporter = self.reporter.clone();
        let write = move |conn: &Connection| {
            row::insert(conn, &kept)?;
            sound_row::insert(conn, kept.view.id, &ingested.facts, kept.view.same_as.as_ref())?;
            reporter.record_in(conn, entry)?;
            Ok(kept.view)
        };
        Ok(self.reporter.store().write(write).await?)
    }

    /// Changes anything but the sound. Any edit makes it a draft
    /// again and recalls what was ordered. Another sound is another bulletin.
    pub async fn edit(
        &self,
        user: &UserId,
        id: Uuid,
        changes: Changes,
    ) -> Result<BulletinView, BulletinError> {
        let content = self.kept(id).await?.view.content;
        if let Some(title) = &changes.title {
            check_title(title)?;
        }
        if let Some(targets) = &changes.targets {
            self.settings.ward.check_targets(targets)?;
        }
        check_expiry(changes.expires_at, self.reporter.clock().now())?;
        changes.choice.check(content.duration)?;
        let detail = json!({ "targets": changes.targets.as_ref().map(ToString::to_string) });
        let event = Event::Edited { by: user.clone(), audio: content.sha256 };
        let step = Step { word: "bulletin.edit", event, detail };
        let view = self.step_with(user, id, step, Some(Edit::Content(changes))).await?;
        self.wake.wake();
        Ok(view)
    }

    /// Puts an approved bulletin into the calendar, in place of its last entry if it had one.
    pub async fn schedule(
        &self,
        user: &UserId,
        id: Uuid,
        planning: impl Into<Planning>,
    ) -> Result<Scheduled, BulletinError> {
        let now = self.reporter.clock().now();
        let Planning { when, days } = planning.into();
        let (schedule, starts) = self.believe(when, now)?;
        let view = self.kept(id).await?.view;
        // See `keeping`. A disk that cannot be asked is no reason to refuse.
        if !tokio::fs::try_exists(self.audio(id).await?).await.unwrap_or(true) {
            return Err(BulletinError::SoundRemoved);
        }
        let rules = &self.settings.ward.approval.hours;
        let may_move = days.values().any(|it| matches!(it, Effect::Move(_)));
        let length = view.content.duration;
        let need = rules.need(&schedule, &starts, length, view.priority, may_move, now);
        let mut detail = planned(&schedule);
        if !days.is_empty() {
            detail["days"] = days.iter().map(|(name, it)| (name.clone(), it.as_str())).collect();
        }
        let event = Event::Scheduled { by: user.clone(), schedule, days: days.clone(), need };
        let step = Step { word: "bulletin.schedule", event, detail };
        let bulletin = self.step_with(user, id, step, Some(Edit::Days(days))).await?;
        self.wake.wake();
        let next = self.next_starts(id, now).await?;
        Ok(Scheduled { bulletin, next })
    }

    /// The newest first, at most 500.
    pub async fn list(&self) -> Result<Vec<BulletinView>, BulletinError> {
        let kept = self.reporter.store().read(|conn| row::newest(conn, MOST_LISTED)).await?;
        Ok(kept.into_iter().map(|it| self.shown(it.view)).collect())
    }

    pub async fn show(&self, id: Uuid) -> Result<BulletinView, BulletinError> {
        Ok(self.shown(self.kept(id).await?.view))
    }

    /// With what follows from the ward's rules.
    fn shown(&self, mut view: BulletinView) -> BulletinView {
        let validity = self.settings.ward.approval.validity;
        let ends_at = |it| validity.ends_at(&it, view.schedule.as_ref());
        view.approved_until = view.signatures().map(ends_at);
        view
    }

    /// The Ogg/Opus file to listen to before approving.
    pub async fn audio(&self, id: Uuid) -> Result<PathBuf, BulletinError> {
        Ok(self.content_file(self.show(id).await?.content.sha256))
    }

    pub(super) fn content_file(&self, sha256: Sha256) -> PathBuf {
        self.settings.data_dir.join("content").join(format!("{sha256}.opus"))
    }

    /// Its outline, for a picture; none of a bulletin from before there were any.
    pub async fn waveform(&self, id: Uuid) -> Result<Option<Waveform>, BulletinError> {
        self.kept(id).await?;
        Ok(self.reporter.store().read(move |conn| sound_row::waveform(conn, id)).await?)
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

    /// With its starts in the year to come.
    fn believe(
        &self,
        request: ScheduleRequest,
        now: Timestamp,
    ) -> Result<(Schedule, Vec<Timestamp>), BulletinError> {
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
        let starts = schedule.starts(now, in_a_year)?;
        if starts.is_empty() {
            return Err(BulletinError::NeverPlays);
        }
        Ok((schedule, starts))
    }

    async fn next_starts(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Planned<String>>, BulletinError> {
        let mut absent = Vec::new();
        for window in PREVIEW_WINDOWS {
            let to = now.checked_add(window).unwrap_or(Timestamp::MAX);
            let ward = self.settings.ward.clone();
            let read = move |conn: &Connection| {
                let mut scheduled = row::scheduled(conn, &ward.approval)?;
                // One that waits for its second approval shows when it would play.
                let waiting = row::find(conn, id)?.filter(|it| it.view.is_second_missing);
                scheduled.extend(waiting.map(|it| it.judged(&ward.approval)));
                Facts::of(conn, scheduled, &ward, now..to, now)
            };
            let facts = self.reporter.store().read(read).await?;
            let policy = self.settings.ward.policy();
            // A year of rules takes its time, and alerts wait for nobody who looks ahead.
            let explain = move || {
                let mut next = Calendar::default().explain(&facts, &policy);
                next.retain(|it| it.planned.id == id);
                let next = next.iter().map(|it| facts.named(&it.planned));
                next.partition::<Vec<_>, _>(|it| !is_other_day(&it.decision))
            };
            let (mut next, others) = tokio::task::spawn_blocking(explain).await?;
            if !next.is_empty() {
                next.truncate(PREVIEWED);
                return Ok(next);
            }
            absent = others;
        }
        // It never plays, and these say why.
        absent.truncate(PREVIEWED);
        Ok(absent)
    }

    pub(super) async fn ingest(&self, source: Source) -> Result<Ingested, BulletinError> {
        match source {
            Source::Upload { file_name, spool } => {
                let file = spool.finish().await?;
                Ok(self.ingest.recording(file, file_name).await?)
            }
            Source::Speech { text, voice } => Ok(self.ingest.speech(text, voice).await?),
            Source::Template { id, values, voice } => {
                let filled = self.fill(id, &values).await?;
                let voice = voice.unwrap_or(filled.voice);
                Ok(self.ingest.speech(filled.text, voice).await?)
            }
        }
    }

    async fn kept(&self, id: Uuid) -> Result<Kept, BulletinError> {
        let kept = self.reporter.store().read(move |conn| row::find(conn, id)).await?;
        kept.ok_or(BulletinError::Unknown { id })
    }
}

/// "Only on rằm" is silent on eleven days of twelve: what nobody planned is no answer to when it plays.
fn is_other_day(decision: &Decision<String>) -> bool {
    matches!(decision, Decision::HeldBack(Reason::OtherDay { .. }))
}

fn check_title(title: &str) -> Result<(), BulletinError> {
    let n_chars = title.trim().chars().count();
    if (1..=LONGEST_TITLE).contains(&n_chars) {
        return Ok(());
    }
    Err(BulletinError::Title { n_chars })
}

fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), BulletinError> {
    match expires_at.filter(|at| *at <= now) {
        Some(at) => Err(BulletinError::ExpiresInThePast { at }),
        None => Ok(()),
    }
}

/// For the audit log: which template it was made from, if any.
fn made_from(source: &Source) -> Value {
    match source {
        Source::Upload { .. } | Source::Speech { .. } => json!({}),
        Source::Template { id, values, .. } => json!({ "template_id": id, "values": values }),
    }
}

#[cfg(test)]
mod tests;
