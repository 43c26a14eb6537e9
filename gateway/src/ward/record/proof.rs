//! A camera's alarm about nothing, on its way to the centre and back.

use rusqlite::{Connection, params};

use super::alert::raised_data;
use crate::report::{Kind, NewEvent, Reporter};
use crate::ward::alert::Alert;

/// The camera sees: the alarm goes out as a real one does.
pub(super) fn raised(
    conn: &Connection,
    alert: &Alert,
    reporter: &Reporter,
) -> rusqlite::Result<()> {
    let data = raised_data(alert);
    let event = NewEvent { kind: Kind::AlertTest, occurred_at: alert.captured_at, data };
    let event_id = reporter.record_in(conn, event)?;
    conn.prepare_cached(
        "UPDATE camera_proof SET event_id = ?2, raised_at_ms = ?3 WHERE camera = ?1",
    )?
    .execute(params![alert.camera.as_str(), event_id.to_string(), alert.raised_at.as_millisecond()])
    .map(drop)
}
