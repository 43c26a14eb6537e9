//! Sounds that are not what they were, told once each and never ordered.

use std::collections::BTreeSet;

use base::Sha256;
use broadcast::plan::Standing;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::Mutex;

use super::row::{self, Kept};
use super::{Vault, Ward};
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::{Store, StoreError};

pub(super) struct Sounds {
    vault: Vault,
    /// What was told since the start.
    told: Mutex<BTreeSet<Sha256>>,
}

/// What this round must not order.
pub(super) struct Damaged {
    all: BTreeSet<Sha256>,
    new: BTreeSet<Sha256>,
}

impl Sounds {
    pub(super) fn new(vault: Vault) -> Self {
        Self { vault, told: Mutex::default() }
    }

    /// Of everything in the calendar.
    pub(super) async fn damaged(&self, store: &Store, ward: &Ward) -> Result<Damaged, StoreError> {
        let rules = ward.approval.clone();
        let scheduled = store.read(move |conn| row::scheduled(conn, &rules)).await?;
        let sounds = scheduled.iter().map(|it| it.view.content.sha256).collect();
        let all = self.vault.damaged(sounds).await;
        let mut told = self.told.lock().await;
        let new = all.difference(&told).copied().collect();
        told.clone_from(&all);
        Ok(Damaged { all, new })
    }
}

impl Damaged {
    pub(super) fn judge(&self, mut scheduled: Vec<Kept>) -> Vec<Kept> {
        for kept in &mut scheduled {
            if self.all.contains(&kept.view.content.sha256) {
                kept.standing = Standing::SoundChanged;
            }
        }
        scheduled
    }

    /// An entry in the audit log for each bulletin that has lost its sound.
    pub(super) fn record_in(
        &self,
        conn: &Connection,
        reporter: &Reporter,
        scheduled: &[Kept],
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        for Kept { view, .. } in scheduled {
            if !self.new.contains(&view.content.sha256) {
                continue;
            }
            let data = json!({
                "action": "bulletin.sound_changed",
                "user": null,
                "bulletin_id": view.id,
                "title": view.title,
                "sha256": view.content.sha256.to_string(),
            });
            reporter
                .record_in(conn, NewEvent { kind: Kind::AuditEntry, occurred_at: now, data })?;
        }
        Ok(())
    }
}
