//! Bulletins in SQL, converted by hand.

use std::collections::BTreeSet;
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use broadcast::bulletin::{ApprovalRules, Bulletin, Rejection, Stage, State, UserId, Why};
use broadcast::place::Audience;
use broadcast::plan::Standing;
use broadcast::schedule::{Rule, Schedule};
use broadcast::{Content, Priority, Resume};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use uuid::Uuid;

use super::approval_row;
use super::layer_row;
use super::policy::PolicyChoice;
use super::sound_row;
use super::view::{BulletinView, Origin};

/// A bulletin with everything that is kept of it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub view: BulletinView,
    /// Starts before this were never asked for.
    pub scheduled_at: Option<Timestamp>,
    pub authors: BTreeSet<UserId>,
    /// What the planner makes of its approvals. Nothing, until somebody asked the ward's rules.
    pub standing: Standing,
}

impl Kept {
    pub(super) fn new(view: BulletinView, scheduled_at: Option<Timestamp>) -> Self {
        Self { view, scheduled_at, authors: BTreeSet::new(), standing: Standing::NotApproved }
    }

    /// What the rules decide on. The view's stage is derived from it, never the other way round.
    pub(super) fn bulletin(&self) -> Bulletin {
        let view = &self.view;
        let (signatures, entry) = (view.signatures(), view.entry());
        let state = match view.stage {
            Stage::Draft => Some(State::Draft),
            Stage::Submitted => view.submitted_at.map(|at| State::Submitted { at }),
            Stage::Rejected => view.rejection.clone().map(State::Rejected),
            // Whether it is in the calendar follows from the signatures, not from the word.
            Stage::Approved | Stage::Scheduled => signatures.map(|approvals| match entry {
                Some(entry) => State::Scheduled { approvals, entry },
                None => State::Approved(approvals),
            }),
        };
        // The schema's CHECKs make the rest impossible; a draft is the safe reading of it.
        let audio = view.content.sha256;
        Bulletin::restore(self.authors.clone(), audio, state.unwrap_or(State::Draft))
    }

    /// With what the planner makes of its approvals.
    pub(super) fn judged(mut self, rules: &ApprovalRules) -> Self {
        self.standing = Standing::of(&self.bulletin(), self.view.priority, rules);
        self
    }

    /// Takes over what the rules decided.
    pub(super) fn set(&mut self, bulletin: &Bulletin, now: Timestamp) {
        let view = &mut self.view;
        let (was_in_calendar, last) = (view.stage == Stage::Scheduled, view.schedule.take());
        view.stage = bulletin.stage();
        view.set_approvals(bulletin);
        self.authors.clone_from(bulletin.authors());
        match bulletin.state() {
            State::Draft => {
                (view.submitted_at, view.rejection, view.schedule) = (None, None, None);
            }
            State::Submitted { at } => {
                (view.submitted_at, view.rejection) = (Some(*at), None);
            }
            State::Approved(_) | State::Countersign { .. } => {}
            State::Rejected(rejection) => view.rejection = Some(rejection.clone()),
            // Signed afresh, it was asked for all the time.
            State::Scheduled { .. } if was_in_calendar && last == view.schedule => {}
            State::Scheduled { .. } => self.scheduled_at = Some(now),
        }
    }
}

pub(super) fn insert(conn: &Connection, kept: &Kept) -> rusqlite::Result<()> {
    let BulletinView { id, title, created_by, created_at, origin, content, .. } = &kept.view;
    let (file_name, text, normalised, voice) = match origin {
        Origin::Upload { file_name } => (Some(file_name), None, None, None),
        Origin::Speech { text, normalised, voice } => {
            (None, Some(text), Some(normalised), Some(voice))
        }
    };
    conn.execute(
        "INSERT INTO bulletin (id, title, created_by, created_at_ms, priority, targets, stage, \
         file_name, text, normalised, voice, audio_sha256, audio_bytes, duration_ms, \
         loudness_lufs, true_peak_dbtp) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'draft', ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            id.to_string(),
            title,
            created_by.as_str(),
            created_at.as_millisecond(),
            kept.view.priority.as_str(),
            kept.view.targets.to_string(),
            file_name,
            text,
            normalised,
            voice,
            content.sha256.to_string(),
            count(content.bytes),
            millis(content.duration),
            kept.view.loudness_lufs,
            kept.view.true_peak_dbtp,
        ],
    )?;
    update(conn, kept)
}

/// Writes what can change: title, targets, state, sound and schedule.
pub(super) fn update(conn: &Connection, kept: &Kept) -> rusqlite::Result<()> {
    let Kept { view, scheduled_at, authors, standing: _ } = kept;
    approval_row::write(conn, view)?;
    let approval = view.approval();
    let second = view.second_why.as_ref();
    let rejection = view.rejection.as_ref();
    let (at, rule) = match &view.schedule {
        Some(Schedule::At(at)) => (Some(at.as_millisecond()), None),
        Some(Schedule::Rule(rule)) => (None, Some(rule.as_str())),
        None => (None, None),
    };
    conn.execute(
        "UPDATE bulletin SET title = :title, targets = :targets, priority = :priority, \
         stage = :stage, submitted_at_ms = :submitted_at, approved_by = :approved_by, \
         approved_at_ms = :approved_at, approved_sha256 = :approved_sha256, \
         rejected_by = :rejected_by, rejected_at_ms = :rejected_at, reject_reason = :reason, \
         schedule_at_ms = :at, schedule_rule = :rule, scheduled_at_ms = :scheduled_at, \
         scheduled_by = :scheduled_by, second_why = :second_why, second_why_at_ms = :second_at, \
         expires_at_ms = :expires_at, resume = :resume, catch_up_ms = :catch_up WHERE id = :id",
        named_params! {
            ":id": view.id.to_string(),
            ":title": view.title,
            ":targets": view.targets.to_string(),
            ":priority": view.priority.as_str(),
            ":stage": view.stage.as_str(),
            ":submitted_at": view.submitted_at.map(Timestamp::as_millisecond),
            ":approved_by": approval.map(|it| it.by.as_str()),
            ":approved_at": approval.map(|it| it.at.as_millisecond()),
            ":approved_sha256": approval.map(|it| it.audio.to_string()),
            ":rejected_by": rejection.map(|it| it.by.as_str()),
            ":rejected_at": rejection.map(|it| it.at.as_millisecond()),
            ":reason": rejection.map(|it| it.reason.as_str()),
            ":at": at,
            ":rule": rule,
            ":scheduled_at": scheduled_at.map(Timestamp::as_millisecond),
            ":scheduled_by": view.scheduled_by.as_ref().map(UserId::as_str),
            ":second_why": second.map(Why::as_str),
            ":second_at": second.map(|it| it.at().as_millisecond()),
            ":expires_at": view.expires_at.map(Timestamp::as_millisecond),
            ":resume": view.choice.resume.map(Resume::as_str),
            ":catch_up": view.choice.catch_up.map(millis),
        },
    )?;
    for author in authors {
        conn.execute(
            "INSERT OR IGNORE INTO bulletin_author (bulletin_id, user) VALUES (?1, ?2)",
            params![view.id.to_string(), author.as_str()],
        )?;
    }
    layer_row::set_days_of(conn, view.id, &view.days)
}

pub(super) fn find(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<Kept>> {
    let sql = "SELECT * FROM bulletin WHERE id = ?1";
    let kept = conn.query_row(sql, [id.to_string()], kept_from).optional()?;
    kept.map(|it| with_people(conn, it)).transpose()
}

/// The newest first.
pub(super) fn newest(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<Kept>> {
    let mut query = conn.prepare_cached("SELECT * FROM bulletin ORDER BY id DESC LIMIT ?1")?;
    let kept: Vec<Kept> = query.query_map([limit], kept_from)?.collect::<Result<_, _>>()?;
    kept.into_iter().map(|it| with_people(conn, it)).collect()
}

/// Everything in the calendar, with what the ward's rules make of its approvals, in the order that
/// breaks ties: the older bulletin first.
pub(super) fn scheduled(conn: &Connection, rules: &ApprovalRules) -> rusqlite::Result<Vec<Kept>> {
    let sql = "SELECT * FROM bulletin WHERE stage = 'scheduled' ORDER BY id";
    judged(conn, sql, rules)
}

/// As [`scheduled`], with what waits for a second signature before it is in the calendar.
pub(super) fn planned(conn: &Connection, rules: &ApprovalRules) -> rusqlite::Result<Vec<Kept>> {
    let sql = "SELECT * FROM bulletin WHERE stage = 'scheduled' OR (stage = 'approved' AND \
               (schedule_at_ms IS NOT NULL OR schedule_rule IS NOT NULL)) ORDER BY id";
    judged(conn, sql, rules)
}

fn judged(conn: &Connection, sql: &str, rules: &ApprovalRules) -> rusqlite::Result<Vec<Kept>> {
    let mut query = conn.prepare_cached(sql)?;
    let kept: Vec<Kept> = query.query_map([], kept_from)?.collect::<Result<_, _>>()?;
    kept.into_iter().map(|it| Ok(with_people(conn, it)?.judged(rules))).collect()
}

/// Every bulletin there is, by its own row: without authors, approvals, days, and the facts of its sound.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Kept>> {
    let mut query = conn.prepare_cached("SELECT * FROM bulletin")?;
    query.query_map([], kept_from)?.collect()
}

fn with_people(conn: &Connection, mut kept: Kept) -> rusqlite::Result<Kept> {
    let sql = "SELECT user FROM bulletin_author WHERE bulletin_id = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let authors = query.query_map([kept.view.id.to_string()], |row| parsed(row, "user"))?;
    kept.authors = authors.collect::<Result<_, _>>()?;
    kept.view.days = layer_row::days_of(conn, kept.view.id)?;
    approval_row::read(conn, &mut kept)?;
    sound_row::read(conn, &mut kept)?;
    Ok(kept)
}

fn kept_from(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let view = BulletinView {
        id: parsed(row, "id")?,
        title: row.get("title")?,
        created_by: parsed(row, "created_by")?,
        created_at: time(row, "created_at_ms")?,
        stage: stage_from(row)?,
        priority: parsed::<Priority>(row, "priority")?,
        targets: parsed::<Audience>(row, "targets")?,
        origin: origin_from(row)?,
        content: content_from(row)?,
        unknown: Vec::new(),
        same_as: None,
        loudness_lufs: row.get("loudness_lufs")?,
        true_peak_dbtp: row.get("true_peak_dbtp")?,
        submitted_at: optional_time(row, "submitted_at_ms")?,
        approvals: Vec::new(),
        rejection: rejection_from(row)?,
        schedule: schedule_from(row)?,
        days: layer_row::Days::new(),
        scheduled_by: parsed_if_any(row, "scheduled_by")?,
        second_why: approval_row::second_why(row)?,
        is_second_missing: false,
        approved_until: None,
        expires_at: optional_time(row, "expires_at_ms")?,
        choice: choice_from(row)?,
    };
    Ok(Kept::new(view, optional_time(row, "scheduled_at_ms")?))
}

fn choice_from(row: &Row<'_>) -> rusqlite::Result<PolicyChoice> {
    let catch_up: Option<i64> = row.get("catch_up_ms")?;
    let catch_up = catch_up.map(|_| span(row, "catch_up_ms")).transpose()?;
    Ok(PolicyChoice { resume: parsed_if_any(row, "resume")?, catch_up })
}

fn origin_from(row: &Row<'_>) -> rusqlite::Result<Origin> {
    match row.get("file_name")? {
        Some(file_name) => Ok(Origin::Upload { file_name }),
        None => Ok(Origin::Speech {
            text: row.get("text")?,
            normalised: row.get("normalised")?,
            voice: row.get("voice")?,
        }),
    }
}

/// Of a bulletin's or a play's row: both name these columns alike.
pub(super) fn content_from(row: &Row<'_>) -> rusqlite::Result<Content> {
    Ok(Content {
        sha256: parsed(row, "audio_sha256")?,
        bytes: row.get::<_, i64>("audio_bytes")?.unsigned_abs(),
        duration: Duration::from_millis(row.get::<_, i64>("duration_ms")?.unsigned_abs()),
    })
}

fn rejection_from(row: &Row<'_>) -> rusqlite::Result<Option<Rejection>> {
    let Some(by) = parsed_if_any::<UserId>(row, "rejected_by")? else { return Ok(None) };
    let at = time(row, "rejected_at_ms")?;
    Ok(Some(Rejection { by, at, reason: row.get("reject_reason")? }))
}

fn schedule_from(row: &Row<'_>) -> rusqlite::Result<Option<Schedule>> {
    if let Some(rule) = row.get::<_, Option<String>>("schedule_rule")? {
        // Every zone is written out, so the default is not asked.
        let rule = Rule::parse(&rule, "UTC").map_err(|err| unreadable("schedule_rule", err))?;
        return Ok(Some(Schedule::Rule(rule)));
    }
    Ok(optional_time(row, "schedule_at_ms")?.map(Schedule::At))
}

fn stage_from(row: &Row<'_>) -> rusqlite::Result<Stage> {
    let text: String = row.get("stage")?;
    [Stage::Draft, Stage::Submitted, Stage::Approved, Stage::Rejected, Stage::Scheduled]
        .into_iter()
        .find(|it| it.as_str() == text)
        .ok_or_else(|| unreadable("stage", text))
}

pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    row.get::<_, String>(column)?.parse().map_err(|err| unreadable(column, err))
}

pub(super) fn parsed_if_any<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text: Option<String> = row.get(column)?;
    text.map(|it| it.parse().map_err(|err| unreadable(column, err))).transpose()
}

pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let millis: i64 = row.get(column)?;
    Timestamp::from_millisecond(millis).map_err(|err| unreadable(column, err))
}

pub(super) fn optional_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    let time = millis.map(Timestamp::from_millisecond).transpose();
    time.map_err(|err| unreadable(column, err))
}

/// Milliseconds, which are never fewer than none.
pub(super) fn span(row: &Row<'_>, column: &str) -> rusqlite::Result<Duration> {
    let millis: i64 = row.get(column)?;
    let millis = u64::try_from(millis).map_err(|err| unreadable(column, err))?;
    Ok(Duration::from_millis(millis))
}

/// A column that the program did not write like this.
pub(super) fn unreadable(
    column: &str,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> rusqlite::Error {
    let cause = format!("column {column}: {}", cause.into());
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, cause.into())
}

/// Milliseconds as SQL has them; saturates after 292 million years.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
