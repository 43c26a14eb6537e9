//! Sounds that are not what they were, told once each and never ordered.

use std::collections::{BTreeMap, BTreeSet};

use base::Sha256;
use broadcast::calendar::Effect;
use broadcast::plan::Standing;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::Mutex;

use super::horizon::LOOK_AHEAD;
use super::row::{self, Kept};
use super::{Vault, Ward, settle};
use crate::daemon::Heartbeat;
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

    /// Of what may be ordered in the time that is planned, or is: what has played for good may be gone.
    /// Only a file that changed since the last look is read again, the soonest first.
    pub(super) async fn damaged(
        &self,
        store: &Store,
        ward: &Ward,
        heart: &Heartbeat,
        now: Timestamp,
    ) -> Result<Damaged, StoreError> {
        let rules = ward.approval.clone();
        let read = move |conn: &Connection| {
            Ok((row::scheduled(conn, &rules)?, settle::open_bulletins(conn)?))
        };
        let (scheduled, open) = store.read(read).await?;
        let to = now.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX);
        let mut soonest: BTreeMap<Sha256, Timestamp> = BTreeMap::new();
        for Kept { view, .. } in &scheduled {
            let starts = view.schedule.as_ref().map(|it| it.starts(now, to));
            // A rule that cannot be expanded plays nothing, and is told elsewhere.
            let first = starts.and_then(Result::ok).and_then(|it| it.first().copied());
            // A day rule may bring a start of next month forward.
            let moves = view.days.values().any(|it| matches!(it, Effect::Move(_)));
            let at = first.or((moves || open.contains(&view.id)).then_some(to));
            if let Some(at) = at {
                let known = soonest.entry(view.content.sha256).or_insert(at);
                *known = at.min(*known);
            }
        }
        let mut sounds: Vec<(Timestamp, Sha256)> =
            soonest.into_iter().map(|(sha256, at)| (at, sha256)).collect();
        sounds.sort_unstable();
        let mut all = BTreeSet::new();
        for (_, sha256) in sounds {
            heart.beat();
            if !self.vault.is_intact(sha256).await {
                all.insert(sha256);
            }
        }
        let new = all.difference(&*self.told.lock().await).copied().collect();
        Ok(Damaged { all, new })
    }

    /// These are in the audit log.
    pub(super) async fn told(&self, all: BTreeSet<Sha256>) {
        *self.told.lock().await = all;
    }
}

impl Damaged {
    pub(super) fn all(&self) -> BTreeSet<Sha256> {
        self.all.clone()
    }

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
