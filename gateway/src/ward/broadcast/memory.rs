//! Clusters that have forgotten what they acknowledged: after a new card, or a database that was set aside.

use std::collections::BTreeMap;

use base::DeviceId;
use rusqlite::{Connection, OptionalExtension as _, params};
use tracing::warn;
use uuid::Uuid;

/// What a cluster has on its card, of plays that are not over, is to be acknowledged again.
const ASK_AGAIN: &str = "\
    UPDATE play_target SET stage = 'pending', n_sent = 0, sent_at_ms = NULL \
    WHERE cluster = ?1 AND stage IN ('ordered', 'cached') AND (bulletin_id, occurrence_ms) IN \
        (SELECT bulletin_id, occurrence_ms FROM play WHERE closed_at_ms IS NULL)";

/// Notes the epochs that clusters have now. Where one is another than was known, its open orders are sent
/// again: they are the same orders to the byte, so a cluster that has them after all is not misled.
pub(super) fn compare(
    conn: &Connection,
    epochs: &BTreeMap<DeviceId, Uuid>,
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
            let n_orders = conn.prepare_cached(ASK_AGAIN)?.execute([cluster.as_str()])?;
            warn!(%cluster, n_orders, "the cluster has a new memory: it is sent its orders again");
        }
    }
    Ok(())
}
