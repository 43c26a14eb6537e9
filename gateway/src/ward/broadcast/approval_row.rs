//! Signatures, and what a calendar entry asks for, in SQL.

use broadcast::bulletin::{Approval, Approvals, Bulletin, Entry, Need, Why};
use rusqlite::{Connection, Row, params};

use super::row::{Kept, parsed, parsed_if_any, time, unreadable};
use super::view::BulletinView;

impl BulletinView {
    /// Those that stand, if there are any.
    pub(super) fn signatures(&self) -> Option<Approvals> {
        Approvals::restore(self.approvals.iter().cloned())
    }

    /// The oldest: what the ward's plays, and orders of before, name as the approval.
    pub fn approval(&self) -> Option<&Approval> {
        self.approvals.first()
    }

    /// Everybody who answers for it, for an order and its report.
    pub(super) fn approved_by(&self) -> Option<String> {
        let names: Vec<&str> = self.approvals.iter().map(|it| it.by.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    pub(super) fn entry(&self) -> Option<Entry> {
        let (schedule, by) = self.schedule.clone().zip(self.scheduled_by.clone())?;
        let need = self.second_why.clone().map_or(Need::One, Need::Two);
        Some(Entry { schedule, days: self.days.clone(), by, need })
    }

    /// Takes over what the rules decided on approvals and calendar.
    pub(super) fn set_approvals(&mut self, bulletin: &Bulletin) {
        let approvals = bulletin.approvals().map(Approvals::by_time).unwrap_or_default();
        self.approvals = approvals.into_iter().cloned().collect();
        let entry = bulletin.entry();
        self.schedule = entry.map(|it| it.schedule.clone());
        self.days = entry.map(|it| it.days.clone()).unwrap_or_default();
        self.scheduled_by = entry.map(|it| it.by.clone());
        self.second_why = entry.and_then(|it| match &it.need {
            Need::One => None,
            Need::Two(why) => Some(why.clone()),
        });
        self.is_second_missing = bulletin.missing().is_some();
    }
}

/// Before the bulletin's row, which counts them.
pub(super) fn write(conn: &Connection, view: &BulletinView) -> rusqlite::Result<()> {
    let id = view.id.to_string();
    conn.execute("DELETE FROM bulletin_approval WHERE bulletin_id = ?1", [&id])?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO bulletin_approval (bulletin_id, user, at_ms, audio_sha256, schedule_sha256) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for it in &view.approvals {
        let schedule = it.schedule.map(|it| it.to_string());
        insert.execute(params![
            id,
            it.by.as_str(),
            it.at.as_millisecond(),
            it.audio.to_string(),
            schedule
        ])?;
    }
    Ok(())
}

/// The oldest first.
pub(super) fn read(conn: &Connection, kept: &mut Kept) -> rusqlite::Result<()> {
    let sql = "SELECT * FROM bulletin_approval WHERE bulletin_id = ?1 ORDER BY at_ms, user";
    let mut query = conn.prepare_cached(sql)?;
    let approvals = query.query_map([kept.view.id.to_string()], |row| {
        Ok(Approval {
            by: parsed(row, "user")?,
            at: time(row, "at_ms")?,
            audio: parsed(row, "audio_sha256")?,
            schedule: parsed_if_any(row, "schedule_sha256")?,
        })
    })?;
    kept.view.approvals = approvals.collect::<Result<_, _>>()?;
    kept.view.is_second_missing = kept.bulletin().missing().is_some();
    Ok(())
}

/// Why the calendar entry of a bulletin's row needs two.
pub(super) fn second_why(row: &Row<'_>) -> rusqlite::Result<Option<Why>> {
    let Some(word) = row.get::<_, Option<String>>("second_why")? else { return Ok(None) };
    let why = Why::parse(&word, time(row, "second_why_at_ms")?);
    why.map(Some).ok_or_else(|| unreadable("second_why", word))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::ward::broadcast::{SCHEMA, SCHEMA_APPROVAL, SCHEMA_VOLUME};

    /// A box of before, with one bulletin in its calendar.
    fn a_box_of_before() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        conn.execute_batch(SCHEMA_VOLUME).unwrap();
        let sha256 = "a".repeat(64);
        conn.execute(
            "INSERT INTO bulletin (id, title, created_by, created_at_ms, priority, targets, stage, \
             file_name, audio_sha256, audio_bytes, duration_ms, loudness_lufs, true_peak_dbtp, \
             approved_by, approved_at_ms, approved_sha256, schedule_at_ms, scheduled_at_ms) \
             VALUES ('b', 'Tin', 'lan', 1, 'normal', 'all', 'scheduled', 'tin.mp3', ?1, 9, 9, -18, \
             -2, 'minh', 2, ?1, 9, 3)",
            [sha256],
        )
        .unwrap();
        conn.execute_batch(SCHEMA_APPROVAL).unwrap();
        conn
    }

    #[test]
    fn what_was_approved_before_stays_approved() {
        let conn = a_box_of_before();
        let sql = "SELECT user || ' ' || at_ms || ' ' || scheduled_by FROM bulletin_approval \
                   JOIN bulletin ON id = bulletin_id";
        let row: String = conn.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(row, "minh 2 minh");
    }

    #[test]
    fn the_database_itself_wants_two_signatures_where_two_are_needed() {
        let conn = a_box_of_before();
        let ask = "UPDATE bulletin SET second_why = 'outside_hours', second_why_at_ms = 9";
        let refused = conn.execute(ask, []).unwrap_err();
        assert!(refused.to_string().contains("two approvals"), "{refused}");
        let sign = "INSERT INTO bulletin_approval SELECT 'b', 'hoa', 4, audio_sha256, NULL \
                    FROM bulletin";
        conn.execute(sign, []).unwrap();
        conn.execute(ask, []).unwrap();
    }
}
