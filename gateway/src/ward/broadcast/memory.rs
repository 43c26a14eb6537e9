//! Clusters that have forgotten what they acknowledged: after a new card, or a database that was set aside.

use std::collections::BTreeMap;

use base::{DeviceId, new_uuid};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use tracing::warn;
use uuid::Uuid;

/// What a cluster has acknowledged of plays that are not over.
pub(super) const ACKNOWLEDGED: &str = "\
    SELECT command_id FROM play_target WHERE cluster = ?1 AND stage IN ('ordered', 'cached') \
    AND (bulletin_id, occurrence_ms) IN \
        (SELECT bulletin_id, occurrence_ms FROM play WHERE closed_at_ms IS NULL)";

/// Takes note of the epochs that clusters have now. Where one is another than was known, its open orders are
/// sent again, as commands of their own: an old card that is back knows the others, and would be silent.
pub(super) fn take_note(
    conn: &Connection,
    epochs: &BTreeMap<DeviceId, Uuid>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    for (cluster, epoch) in epochs {
        let epoch = epoch.to_string();
        let known: Option<String> = conn
            .prepare_cached("SELECT epoch FROM cluster_memory WHERE cluster = ?1")?
            .query_row([cluster.as_str()], |row| row.get(0))
            .optional()?;
        if known.as_ref() == Some(&epoch) {
            continue;
        }
        conn.prepare_cached("REPLACE INTO cluster_memory (cluster, epoch) VALUES (?1, ?2)")?
            .execute(params![cluster.as_str(), epoch])?;
        if known.is_some() {
            let n_orders = ask_again(conn, cluster, now)?;
            warn!(%cluster, n_orders, "the cluster has a new memory: it is sent its orders again");
        }
    }
    Ok(())
}

fn ask_again(conn: &Connection, cluster: &DeviceId, now: Timestamp) -> rusqlite::Result<usize> {
    let mut query = conn.prepare_cached(ACKNOWLEDGED)?;
    let commands = query.query_map([cluster.as_str()], |row| row.get(0))?;
    let commands: Vec<String> = commands.collect::<Result<_, _>>()?;
    for command in &commands {
        conn.prepare_cached(
            // `n_sent` stays: the cluster may hold the old order, and needs a stop if this is recalled.
            "UPDATE play_target SET command_id = ?2, issued_at_ms = ?3, sent_at_ms = NULL, \
             stage = 'pending' WHERE command_id = ?1",
        )?
        .execute(params![command, new_uuid(now).to_string(), now.as_millisecond()])?;
    }
    Ok(commands.len())
}
