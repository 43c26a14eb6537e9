//! Plays that are held back: who does not hear them, and why not.

use broadcast::PlayId;
use broadcast::plan::Targets;
use broadcast::reconciliation::{PlayStage, Verdict, Wanted, latest};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::facts::Facts;
use super::settle::key;
use super::{Cluster, Ward};

/// Who does not hear a play that is held back.
pub(super) fn insert(
    conn: &Connection,
    id: PlayId,
    targets: &Targets,
    clusters: &[Cluster],
) -> rusqlite::Result<()> {
    let (bulletin, occurrence) = key(id);
    for cluster in clusters.iter().filter(|it| targets.contains(it.id.as_str())) {
        // Without an approval that stands there is no play to belong to.
        conn.execute(
            "INSERT INTO play_held_back SELECT bulletin_id, occurrence_ms, ?3 FROM play \
             WHERE bulletin_id = ?1 AND occurrence_ms = ?2",
            params![bulletin, occurrence, cluster.id.as_str()],
        )?;
    }
    Ok(())
}

pub(super) fn delete(conn: &Connection, id: PlayId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM play_held_back WHERE bulletin_id = ?1 AND occurrence_ms = ?2";
    conn.execute(sql, key(id)).map(|_| ())
}

/// What is held back for another reason than when it was written down, a week ahead, says so.
pub(super) fn explain(
    conn: &Connection,
    planned: &[Wanted],
    facts: &Facts,
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let latest = latest(&facts.plays);
    for wanted in planned.iter().filter(|it| it.at > now) {
        let Verdict::HeldBack(reason) = &wanted.verdict else { continue };
        let known = latest.get(&(wanted.bulletin, wanted.recurrence));
        let Some(known) = known.filter(|it| it.stage == PlayStage::HeldBack) else { continue };
        let (bulletin, occurrence) = key(known.id);
        let n_changed = conn.execute(
            "UPDATE play SET reason = ?3, decided_at_ms = ?4 WHERE bulletin_id = ?1 \
             AND occurrence_ms = ?2 AND reason IS NOT ?3",
            params![bulletin, occurrence, reason, now.as_millisecond()],
        )?;
        let kept = facts.scheduled.iter().find(|it| it.view.id == wanted.bulletin);
        let Some(kept) = kept.filter(|_| n_changed > 0) else { continue };
        delete(conn, known.id)?;
        let targets = facts.map.targets(&kept.view, known.start_at);
        insert(conn, known.id, &targets, &ward.clusters)?;
    }
    Ok(())
}
