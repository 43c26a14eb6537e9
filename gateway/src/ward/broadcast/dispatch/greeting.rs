//! What a cluster is told when it comes online.

use std::collections::BTreeMap;

use base::DeviceId;
use rusqlite::Connection;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Attendance, Courier, Dispatcher};
use crate::store::StoreError;
use crate::ward::broadcast::{memory, play_row};
use crate::ward::clusters::ClusterViews;

impl<C: Courier> Dispatcher<C> {
    /// What a cluster that came online has not acknowledged is sent to it now, and all that lies ahead if
    /// it has forgotten it. `greeted`: who was there at the last look.
    pub(super) async fn greet(
        &self,
        views: &watch::Receiver<ClusterViews>,
        greeted: &mut Attendance,
    ) -> Result<(), StoreError> {
        let attendance = Attendance::of(&views.borrow());
        let new = attendance.newcomers(greeted);
        greeted.clone_from(&attendance);
        *self.attendance() = attendance;
        if new.is_empty() {
            return Ok(());
        }
        let those = new.clone();
        let forget = move |conn: &Connection| play_row::forget_sent(conn, &those);
        let forgotten = self.compare_memories().await;
        let forgotten = forgotten.and(self.reporter.store().write(forget).await);
        // After a power cut a whole ward comes back one by one: not each asks for a new plan.
        let sent = if self.pace.is_rested() {
            self.round_for(&new).await
        } else if self.reporter.trust().is_trusted() {
            self.send(&new).await
        } else {
            Ok(())
        };
        forgotten.and(sent)
    }

    /// Whether those who are there still know what they acknowledged. Every round, as what a full disk
    /// does not take is to be found again, and nearly always without a look at the rows.
    pub(super) async fn compare_memories(&self) -> Result<(), StoreError> {
        let epochs = self.attendance().epochs.clone();
        let mut compared = self.compared.lock().await;
        let new = epochs.into_iter().filter(|(id, epoch)| compared.get(id) != Some(epoch));
        let new: BTreeMap<DeviceId, Uuid> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let (those, now) = (new.clone(), self.reporter.clock().now());
        let take_note = move |conn: &Connection| memory::take_note(conn, &those, now);
        self.reporter.store().write(take_note).await?;
        compared.extend(new);
        Ok(())
    }
}
