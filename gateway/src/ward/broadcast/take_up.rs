//! What was ordered under an older configuration, brought up to the one of now: once, when a box starts.

use std::collections::HashMap;

use base::new_uuid;
use broadcast::PlayId;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::row::{self, Kept, time};
use super::settle::{insert_targets, play_id};
use super::target::names_places;
use super::{Cluster, Ward};

/// Orders anew, at the volume that is configured now, what lies ahead at another one: a week of orders is
/// not to play on at what a technician has just turned down. The clusters take it as a new version.
pub(super) fn volumes(
    conn: &Connection,
    clusters: &[Cluster],
    not_before: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT command_id FROM play_target JOIN play USING (bulletin_id, occurrence_ms) \
         WHERE cluster = ?1 AND volume_percent <> ?2 AND play.stage = 'ordered' \
         AND closed_at_ms IS NULL AND start_at_ms >= ?3 \
         AND play_target.stage IN ('pending', 'ordered', 'cached')",
    )?;
    for cluster in clusters {
        let percent = cluster.volume.percent();
        let which = params![cluster.id.as_str(), percent, not_before.as_millisecond()];
        let commands: Vec<String> =
            query.query_map(which, |row| row.get(0))?.collect::<Result<_, _>>()?;
        for command in commands {
            conn.execute(
                // `n_sent` stays: the cluster may hold the old order, and needs a stop if this is recalled.
                "UPDATE play_target SET command_id = ?2, volume_percent = ?3, issued_at_ms = ?4, \
                 sent_at_ms = NULL, stage = 'pending' WHERE command_id = ?1",
                params![command, new_uuid(now).to_string(), percent, now.as_millisecond()],
            )?;
        }
    }
    Ok(())
}

/// Orders what lies ahead for clusters that were not there when it was ordered.
pub(super) fn clusters(
    conn: &Connection,
    ward: &Ward,
    not_before: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let scheduled = row::scheduled(conn, &ward.approval)?;
    let scheduled: HashMap<Uuid, &Kept> = scheduled.iter().map(|it| (it.view.id, it)).collect();
    let mut query = conn.prepare_cached(
        "SELECT bulletin_id, occurrence_ms, start_at_ms FROM play WHERE stage = 'ordered' \
         AND closed_at_ms IS NULL AND start_at_ms >= ?2 AND NOT EXISTS (SELECT 1 FROM play_target \
            WHERE play_target.bulletin_id = play.bulletin_id \
            AND play_target.occurrence_ms = play.occurrence_ms AND cluster = ?1)",
    )?;
    for cluster in &ward.clusters {
        let which = params![cluster.id.as_str(), not_before.as_millisecond()];
        let plays: Vec<(PlayId, Timestamp)> = query
            .query_map(which, |row| Ok((play_id(row)?, time(row, "start_at_ms")?)))?
            .collect::<Result<_, _>>()?;
        for (id, start_at) in plays {
            let Some(kept) = scheduled.get(&id.bulletin) else { continue };
            // Those are compared with the table of places, and ordered anew as a whole.
            if names_places(&kept.view.targets) {
                continue;
            }
            let targets = ward.places.map().targets(&kept.view, start_at);
            insert_targets(conn, id, &targets, std::slice::from_ref(cluster), now)?;
        }
    }
    Ok(())
}
