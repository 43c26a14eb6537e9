//! When a play is over, and the one event that says how it went. Pure, but for the row it writes.

use std::time::Duration;

use broadcast::reconciliation::PlayStage;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::orders::Play;
use super::play_row::{OpenPlay, heard, targets};
use super::settle::{end_targets, key};
use super::skew::{Outcome, Summary, summary};
use super::view::TargetStage;
use super::wire::Ending;
use crate::report::{Kind, NewEvent, Reporter};

/// A cluster has this long after the end of a play to say how it went.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Why an open play is over now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// It was held back, and its time has come.
    NeverOrdered,
    EveryClusterReported,
    /// Some will not report any more.
    PatienceRanOut,
}

pub(super) fn over(open: &OpenPlay, now: Timestamp) -> Option<Over> {
    if open.stage == PlayStage::HeldBack {
        return (open.play.start_at <= now).then_some(Over::NeverOrdered);
    }
    if open.heard.iter().all(|it| it.stage.is_terminal()) {
        return Some(Over::EveryClusterReported);
    }
    (last_call(&open.play) <= now).then_some(Over::PatienceRanOut)
}

/// The instant after which nobody is waited for.
pub(super) fn last_call(play: &Play) -> Timestamp {
    play.until.checked_add(PATIENCE).unwrap_or(Timestamp::MAX)
}

/// Writes the end of a play and its event, in the caller's transaction.
pub(super) fn close(
    conn: &Connection,
    reporter: &Reporter,
    open: &OpenPlay,
    over: Over,
    now: Timestamp,
) -> rusqlite::Result<Summary> {
    let id = open.play.id;
    if over == Over::PatienceRanOut {
        end_silent(conn, open)?;
    }
    let sum = summary(&heard(&targets(conn, id)?));
    let stage = if open.stage == PlayStage::Ordered { PlayStage::Closed } else { open.stage };
    let (bulletin, occurrence) = key(id);
    conn.execute(
        "UPDATE play SET stage = ?3, closed_at_ms = ?4, n_played = ?5, skew_us = ?6, \
         start_error_p50_us = ?7, start_error_max_us = ?8 \
         WHERE bulletin_id = ?1 AND occurrence_ms = ?2",
        params![
            bulletin,
            occurrence,
            stage.as_str(),
            now.as_millisecond(),
            i64::try_from(sum.n_played).unwrap_or(i64::MAX),
            micros(sum.skew),
            micros(sum.start_error_p50),
            micros(sum.start_error_max),
        ],
    )?;
    reporter.record_in(conn, event(open, &sum, now))?;
    Ok(sum)
}

/// The clusters that never told: what is known of each says why.
fn end_silent(conn: &Connection, open: &OpenPlay) -> rusqlite::Result<()> {
    let (id, missed) = (open.play.id, TargetStage::Missed);
    let end = |stage: TargetStage, reason| {
        let (bulletin, occurrence) = key(id);
        conn.execute(
            "UPDATE play_target SET stage = ?4, reason = ?5 WHERE bulletin_id = ?1 \
             AND occurrence_ms = ?2 AND stage = ?3",
            params![bulletin, occurrence, stage.as_str(), missed.as_str(), reason],
        )
    };
    end(TargetStage::Pending, "the cluster never acknowledged the order")?;
    end(TargetStage::Ordered, "the cluster had its order, and did not report the content")?;
    end(TargetStage::Cached, "the cluster was ready, and did not report a start")?;
    end_targets(conn, id, missed, "the cluster started, and did not report an end")
}

fn event(open: &OpenPlay, sum: &Summary, now: Timestamp) -> NewEvent {
    let kind = match (open.stage, sum.outcome()) {
        (PlayStage::HeldBack, _) => Kind::BroadcastMissed,
        (PlayStage::Withdrawn, Outcome::Missed) | (_, Outcome::Stopped) => Kind::BroadcastStopped,
        (_, Outcome::Played) => Kind::BroadcastPlayed,
        (_, Outcome::Partial) => Kind::BroadcastPartial,
        (_, Outcome::Missed) => Kind::BroadcastMissed,
    };
    let play = &open.play;
    let ending = Ending {
        play: play.id,
        title: open.title.clone(),
        start_at: play.start_at,
        content: play.content.sha256,
        priority: play.priority,
        approved_by: play.approved_by.clone(),
        reason: open.reason.clone(),
        summary: *sum,
    };
    NewEvent { kind, occurred_at: now, data: ending.to_json() }
}

fn micros(duration: Option<SignedDuration>) -> Option<i64> {
    duration.map(|it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX))
}
