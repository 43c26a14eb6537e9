//! The rows of a box: every play that it decided on, and what its clusters told of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::super::cluster::Told;
use crate::plan::Begun;
use crate::player::EndingKind;
use crate::reconciliation::{self, Known, PlayStage};
use crate::{Order, PlayId};

/// A receipt may come so long after the end of its play: a link was down for a week, and once more.
const RECEIPTS_COME: Duration = Duration::from_hours(25 * 24);
/// What has begun matters for the quotas of its day, and for what it still keeps silent.
const LATELY: Duration = Duration::from_hours(3 * 24);
/// No play is longer than this, with all that may interrupt it.
const LONGEST_PLAY: Duration = Duration::from_hours(2);

#[derive(Debug, Default)]
pub(in crate::simulation) struct Book {
    rows: BTreeMap<PlayId, Row>,
}

#[derive(Debug)]
pub(in crate::simulation) struct Row {
    pub order: Order,
    /// Its place in the ward's list.
    pub bulletin: usize,
    /// The instant that the schedule gave.
    pub recurrence: Timestamp,
    pub stage: PlayStage,
    pub is_closed: bool,
    pub withdrawn_at: Option<Timestamp>,
    pub targets: Vec<Target>,
}

#[derive(Debug)]
pub(in crate::simulation) struct Target {
    pub cluster: usize,
    pub is_sent: bool,
    /// The cluster has the order.
    pub is_told: bool,
    pub is_started: bool,
    /// How it ended, and whether the box says so because its cluster did not.
    pub ended: Option<(EndingKind, bool)>,
}

impl Target {
    pub(super) fn new(cluster: usize) -> Self {
        Self { cluster, is_sent: false, is_told: false, is_started: false, ended: None }
    }
}

impl Row {
    /// But for its approval.
    fn known(&self) -> Known {
        Known {
            id: self.order.play,
            recurrence: self.recurrence,
            start_at: self.order.start_at,
            stage: self.stage,
            is_closed: self.is_closed,
            play_until: self.order.play_until,
            is_approved: false,
            is_called_off: false,
            told: self.told(),
        }
    }

    fn told(&self) -> reconciliation::Told {
        if self.targets.iter().any(|it| it.is_started) {
            reconciliation::Told::Started
        } else if self.targets.iter().any(|it| it.ended.is_none()) {
            reconciliation::Told::NotYet
        } else {
            reconciliation::Told::Silence
        }
    }

    fn target(&mut self, cluster: usize) -> Option<&mut Target> {
        self.targets.iter_mut().find(|it| it.cluster == cluster)
    }

    /// The box gives up those who told nothing.
    fn end(&mut self, kind: EndingKind) {
        for target in self.targets.iter_mut().filter(|it| it.ended.is_none()) {
            target.ended = Some((kind, true));
        }
    }
}

impl Book {
    pub(in crate::simulation) fn get(&self, play: PlayId) -> Option<&Row> {
        self.rows.get(&play)
    }

    pub(super) fn insert(&mut self, row: Row) {
        self.rows.insert(row.order.play, row);
    }

    /// Every play that starts in `from..to`, and every one that is not over.
    pub(super) fn known(
        &self,
        from: Timestamp,
        to: Timestamp,
        is_approved: impl Fn(&Row) -> bool,
    ) -> Vec<Known> {
        let window = from..to;
        let is_asked = |it: &&Row| {
            let is_in_it = window.contains(&it.order.start_at) || window.contains(&it.recurrence);
            is_in_it || !it.is_closed
        };
        let rows = self.rows.values().filter(is_asked);
        rows.map(|row| Known { is_approved: is_approved(row), ..row.known() }).collect()
    }

    /// Plays that sound, or have sounded lately, for each of so many bulletins.
    pub(super) fn begun(&self, n_bulletins: usize, now: Timestamp) -> Vec<Vec<Begun>> {
        let lately = now - LATELY;
        let mut begun = vec![Vec::new(); n_bulletins];
        for row in self.rows.values().filter(|it| lately < it.order.start_at) {
            if row.order.start_at <= now && row.known().is_begun(now) {
                let at = row.order.start_at;
                begun[row.bulletin].push(Begun { occurrence: row.recurrence, at });
            }
        }
        begun
    }

    /// It was slept through.
    pub(super) fn miss(&mut self, play: PlayId) {
        if let Some(row) = self.rows.get_mut(&play) {
            row.end(EndingKind::Missed);
        }
    }

    pub(super) fn promote(&mut self, play: PlayId, targets: Vec<Target>) -> Option<&Row> {
        let row = self.rows.get_mut(&play)?;
        if !row.is_closed {
            (row.stage, row.targets) = (PlayStage::Ordered, targets);
        }
        Some(row)
    }

    /// Recalls a play: clusters that may have the order get a stop, the others are done with it.
    pub(super) fn withdraw(&mut self, play: PlayId, now: Timestamp) {
        let Some(row) = self.rows.get_mut(&play).filter(|it| !it.is_closed) else { return };
        (row.stage, row.withdrawn_at) = (PlayStage::Withdrawn, Some(now));
        for target in row.targets.iter_mut().filter(|it| !it.is_sent && it.ended.is_none()) {
            target.ended = Some((EndingKind::Stopped, true));
        }
    }

    pub(super) fn forget(&mut self, play: PlayId) -> Option<Row> {
        let is_held_back = self.rows.get(&play).is_some_and(|it| it.stage == PlayStage::HeldBack);
        if is_held_back { self.rows.remove(&play) } else { None }
    }

    /// What a cluster has not acknowledged of a play: its order, or its stop.
    pub(in crate::simulation) fn errand(
        &self,
        play: PlayId,
        cluster: usize,
        now: Timestamp,
    ) -> Option<bool> {
        let row = self.rows.get(&play).filter(|it| !it.is_closed && now < it.order.play_until)?;
        let target = row.targets.iter().find(|it| it.cluster == cluster)?;
        if target.ended.is_some() {
            return None;
        }
        match row.stage {
            PlayStage::Ordered => (!target.is_told).then_some(false),
            PlayStage::Withdrawn => Some(true),
            PlayStage::HeldBack | PlayStage::Closed => None,
        }
    }

    /// Plays with something to send to a cluster.
    pub(in crate::simulation) fn open_plays(&self) -> Vec<PlayId> {
        self.rows.values().filter(|it| !it.is_closed).map(|it| it.order.play).collect()
    }

    pub(in crate::simulation) fn sent(&mut self, play: PlayId, cluster: usize) {
        if let Some(target) = self.rows.get_mut(&play).and_then(|it| it.target(cluster)) {
            target.is_sent = true;
        }
    }

    /// Stages only go forward; but what a cluster says in the end outweighs what the box thought.
    pub(in crate::simulation) fn receive(&mut self, cluster: usize, play: PlayId, told: Told) {
        let Some(row) = self.rows.get_mut(&play) else { return };
        let Some(target) = row.target(cluster) else { return };
        match told {
            Told::Taken => target.is_told = true,
            Told::Started => target.is_started = true,
            Told::Ended(kind) if target.ended.is_none_or(|(_, is_by_box)| is_by_box) => {
                target.ended = Some((kind, false));
            }
            Told::Ended(_) => {}
        }
        if row.targets.iter().all(|it| it.ended.is_some()) {
            row.close();
        }
    }

    /// Its time is over, whoever has told.
    pub(in crate::simulation) fn last_call(
        &mut self,
        play: PlayId,
        now: Timestamp,
        patience: Duration,
    ) {
        let Some(row) = self.rows.get_mut(&play).filter(|it| !it.is_closed) else { return };
        match row.stage {
            PlayStage::HeldBack if row.order.start_at <= now => row.is_closed = true,
            PlayStage::Ordered | PlayStage::Withdrawn if row.order.play_until + patience <= now => {
                row.end(EndingKind::Missed);
                row.close();
            }
            PlayStage::HeldBack | PlayStage::Ordered | PlayStage::Withdrawn | PlayStage::Closed => {
            }
        }
    }

    /// Takes out what is over for good.
    pub(in crate::simulation) fn archive(&mut self, now: Timestamp) -> Vec<Row> {
        let is_old = |_: &PlayId, it: &mut Row| {
            it.is_closed && it.order.start_at + LONGEST_PLAY + RECEIPTS_COME < now
        };
        self.rows.extract_if(.., is_old).map(|(_, row)| row).collect()
    }

    pub(in crate::simulation) fn all(self) -> impl Iterator<Item = Row> {
        self.rows.into_values()
    }
}

impl Row {
    fn close(&mut self) {
        self.is_closed = true;
        if self.stage == PlayStage::Ordered {
            self.stage = PlayStage::Closed;
        }
    }
}
