//! What the configuration of now changes in orders of before.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Courier, Dispatcher};
use crate::store::StoreError;
use crate::ward::broadcast::take_up;

impl<C: Courier> Dispatcher<C> {
    /// Once, by a trusted clock: what was ordered under an older configuration.
    pub(super) async fn take_up_configuration(&self) -> Result<(), StoreError> {
        let mut is_taken_up = self.is_taken_up.lock().await;
        if *is_taken_up {
            return Ok(());
        }
        let (ward, now) = (self.able_ward(), self.reporter.clock().now());
        let not_before = now.checked_add(ward.lead).unwrap_or(Timestamp::MAX);
        let write = move |conn: &Connection| {
            take_up::volumes(conn, &ward.clusters, not_before, now)?;
            take_up::clusters(conn, &ward, not_before, now)
        };
        self.reporter.store().write(write).await?;
        *is_taken_up = true;
        Ok(())
    }
}
