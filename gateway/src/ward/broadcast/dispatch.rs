//! Turns the calendar into orders and sees every play to its end.
//!
//! Each round: what the plan wants is written (the intention, with the ids of its commands), then
//! what is not acknowledged is sent, then what is over is closed. A crash between any two of them
//! costs a round, never a play: the same rows give the same commands again.

mod attendance;
mod configuration;
mod greeting;
mod intact;
mod pace;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use base::DeviceId;
use broadcast::reconciliation::{Change, Start, reconcile};
use jiff::Timestamp;
use provisioning::CommandSigner;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::facts::Facts;
use super::horizon::{self, LOOK_AHEAD};
use super::plan::{Calendar, wanted};
use super::receipt::Refusal;
use super::row::Kept;
use super::vault::Vault;
use super::{Wake, Ward, closing, held_back, play_row, row, settle, target};
use crate::daemon::Heartbeat;
use crate::report::{Kind, NewEvent, Reporter};
use crate::store::StoreError;
use crate::ward::clusters::{ClusterCommands, ClusterViews};
use attendance::Attendance;
use pace::{Pace, is_due};

/// What was slept through longer ago is not written down any more.
pub(crate) const LOOK_BACK: Duration = Duration::from_hours(7 * 24);
/// A round without being woken: retries and closings are not more urgent than this.
const ROUND: Duration = Duration::from_secs(5);

/// Carries signed commands to clusters.
pub trait Courier: Send + Sync + 'static {
    /// Hands over one command. True says that it is on its way, not that it arrives: it MAY be lost
    /// or doubled. False, at once, when there is no way now. MUST NOT wait.
    fn send(&self, to: &DeviceId, jws: &str) -> bool;
}

impl Courier for ClusterCommands {
    fn send(&self, to: &DeviceId, jws: &str) -> bool {
        Self::send(self, to, jws)
    }
}

pub struct Dispatcher<C> {
    ward: Ward,
    reporter: Reporter,
    signer: CommandSigner,
    courier: C,
    wake: Wake,
    calendar: Arc<Mutex<Calendar>>,
    /// Commands that were sent, and when, while the disk would not take a note of it.
    unnoted: Mutex<HashMap<Uuid, Timestamp>>,
    /// What the configuration changed since the last start is in the rows.
    is_taken_up: Mutex<bool>,
    attendance: std::sync::Mutex<Attendance>,
    /// The epochs of clusters that were compared with their rows.
    compared: Mutex<BTreeMap<DeviceId, Uuid>>,
    pace: Pace,
    /// What orders were last compared with the tree of places by; none before the first look.
    places_seen: std::sync::Mutex<Option<target::PlacesSeen>>,
    heart: Heartbeat,
    sounds: intact::Sounds,
}

impl<C: Courier> Dispatcher<C> {
    pub fn new(
        ward: Ward,
        reporter: Reporter,
        signer: CommandSigner,
        courier: C,
        wake: Wake,
        heart: Heartbeat,
        vault: Vault,
    ) -> Self {
        Self {
            ward,
            reporter,
            signer,
            courier,
            wake,
            calendar: Arc::default(),
            unnoted: Mutex::default(),
            is_taken_up: Mutex::default(),
            attendance: std::sync::Mutex::default(),
            compared: Mutex::default(),
            pace: Pace::default(),
            places_seen: std::sync::Mutex::default(),
            heart,
            sounds: intact::Sounds::new(vault),
        }
    }

    /// Works until `stop`. `views` says which cluster came online, `refused` what clusters do not
    /// take. A failed round is logged and tried again: the rows are still there.
    pub async fn run(
        self,
        mut views: watch::Receiver<ClusterViews>,
        mut refused: mpsc::Receiver<Refusal>,
        stop: CancellationToken,
    ) {
        let mut failing = Failing::default();
        let mut greeted = Attendance::default();
        *self.attendance() = Attendance::of(&views.borrow());
        // However much else there is to hear of, a round comes in its time.
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let news = tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.woken() => News::Time,
                () = self.wake.told(self.pace.next()) => News::Time,
                _ = rounds.tick() => News::Time,
                Ok(()) = views.changed() => News::Views,
                Some(refusal) = refused.recv() => News::Refusal(refusal),
            };
            let done = match news {
                News::Time => self.round().await,
                News::Views => self.greet(&views, &mut greeted).await,
                News::Refusal(refusal) => {
                    self.reporter.store().write(move |conn| refusal.store(conn)).await
                }
            };
            if failing.is_end(done) {
                return;
            }
        }
    }

    fn attendance(&self) -> MutexGuard<'_, Attendance> {
        self.attendance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ward, with what its clusters said of themselves.
    fn able_ward(&self) -> Ward {
        let mut ward = self.ward.clone();
        let attendance = self.attendance();
        for cluster in &mut ward.clusters {
            cluster.can_duck = attendance.able.contains(&cluster.id);
        }
        drop(attendance);
        ward
    }

    pub(super) async fn round(&self) -> Result<(), StoreError> {
        self.round_for(&BTreeSet::new()).await
    }

    /// A round in which everything for `greeted` is due. What fails does not keep the rest from being
    /// done: on a full disk, what was ordered before is sent all the same.
    async fn round_for(&self, greeted: &BTreeSet<DeviceId>) -> Result<(), StoreError> {
        self.heart.beat();
        // By a clock that nobody vouches for, every start would be at the wrong time.
        if !self.reporter.trust().is_trusted() {
            return Ok(());
        }
        let compared = self.compare_memories().await;
        let taken_up = compared.and(self.take_up_configuration().await);
        let planned = taken_up.and(self.write_plan().await);
        let sent = self.send(greeted).await;
        let closed = self.close().await;
        self.pace.note();
        planned.and(sent).and(closed)
    }

    async fn write_plan(&self) -> Result<(), StoreError> {
        let now = self.reporter.clock().now();
        let (ward, reporter) = (self.able_ward(), self.reporter.clone());
        let damaged = self.sounds.damaged(self.reporter.store(), &ward, &self.heart, now).await?;
        let told = damaged.all();
        let mut calendar = Arc::clone(&self.calendar).lock_owned().await;
        let mut places = self.places_seen().clone();
        let write = move |conn: &Connection| {
            let scheduled = damaged.judge(row::scheduled(conn, &ward.approval)?);
            let (changes, facts) =
                changes(conn, &mut calendar, &mut places, scheduled, &ward, now)?;
            let scheduled = &facts.scheduled;
            let by_id: HashMap<Uuid, &Kept> = scheduled.iter().map(|it| (it.view.id, it)).collect();
            for change in &changes {
                settle::apply(conn, change, &by_id, &ward, now)?;
                if let Some(entry) = override_entry(change, &by_id, &ward, now) {
                    reporter.record_in(conn, entry)?;
                }
            }
            damaged.record_in(conn, &reporter, scheduled, now)?;
            settle::set_planned_up_to(conn, now)?;
            Ok((changes, places))
        };
        let (changes, places) = self.reporter.store().write(write).await?;
        // Not before it is committed: what was found is found again after a full disk.
        *self.places_seen() = places;
        self.sounds.told(told).await;
        changes.iter().for_each(tell);
        Ok(())
    }

    fn places_seen(&self) -> MutexGuard<'_, Option<target::PlacesSeen>> {
        self.places_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To whoever is not known to be gone: an order for them waits in its row until they are greeted.
    async fn send(&self, greeted: &BTreeSet<DeviceId>) -> Result<(), StoreError> {
        let store = self.reporter.store();
        let now = self.reporter.clock().now();
        let away = self.attendance().away.clone();
        let read = move |conn: &Connection| play_row::unacknowledged(conn, &away, now);
        let waiting = store.read(read).await?;
        let mut unnoted = self.unnoted.lock().await;
        let mut sent = std::mem::take(&mut *unnoted);
        sent.retain(|id, _| waiting.iter().any(|it| it.errand.command_id == *id));
        for it in waiting {
            let last_sent_at = it.sent_at.max(sent.get(&it.errand.command_id).copied());
            if !greeted.contains(&it.errand.to) && !is_due(it.n_sent, last_sent_at, now) {
                continue;
            }
            let command = it.errand.command(self.reporter.device());
            if !self.courier.send(&it.errand.to, &self.signer.sign(&command)) {
                // Nothing is lost: the rows are there at the next round.
                break;
            }
            sent.insert(command.id, now);
        }
        if sent.is_empty() {
            return Ok(());
        }
        // One commit for a whole ward. What a full disk does not note is remembered until it does.
        let notes = sent.clone();
        let note = move |conn: &Connection| {
            notes.iter().try_for_each(|(id, at)| play_row::set_sent(conn, *id, *at))
        };
        let noted = store.write(note).await;
        if noted.is_err() {
            *unnoted = sent;
        }
        noted
    }

    async fn close(&self) -> Result<(), StoreError> {
        let now = self.reporter.clock().now();
        let reporter = self.reporter.clone();
        let write = move |conn: &Connection| {
            let mut closed = Vec::new();
            for open in play_row::open(conn, now)? {
                if let Some(over) = closing::over(&open, now) {
                    let sum = closing::close(conn, &reporter, &open, over, now)?;
                    closed.push((open.play.id, sum));
                }
            }
            Ok(closed)
        };
        for (play, sum) in self.reporter.store().write(write).await? {
            let skew_ms = sum.skew.map(|it| it.as_secs_f64() * 1_000.0);
            info!(%play, targets = sum.n_targets, played = sum.n_played, skew_ms, "a play is over");
        }
        Ok(())
    }
}

/// What ended a wait.
enum News {
    Time,
    Views,
    Refusal(Refusal),
}

/// A disk that is full fails every round: it is said once.
#[derive(Default)]
struct Failing(bool);

impl Failing {
    /// Whether the store is gone, and with it the work.
    fn is_end(&mut self, done: Result<(), StoreError>) -> bool {
        match done {
            Ok(()) => self.0 = false,
            Err(StoreError::Stopped) => return true,
            Err(err) if self.0 => debug!(error = %err, "planning and ordering still fail"),
            Err(err) => {
                self.0 = true;
                warn!(error = %err, "planning and ordering fail, and are tried again");
            }
        }
        false
    }
}

/// What the calendar wants and the database does not say yet, and what it was decided on.
fn changes(
    conn: &Connection,
    calendar: &mut Calendar,
    places: &mut Option<target::PlacesSeen>,
    scheduled: Vec<Kept>,
    ward: &Ward,
    now: Timestamp,
) -> rusqlite::Result<(Vec<Change>, Facts)> {
    let earliest = now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let from = settle::planned_up_to(conn, now)?.clamp(earliest, now);
    let to = now.checked_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX);
    let facts = Facts::of(conn, scheduled, ward, from..to, now)?;
    let mut planned = wanted(&calendar.explain(&facts, &ward.policy()), &facts);
    target::name_silent(&mut planned, &facts);
    let mut changes = reconcile(&planned, &facts.plays, &facts.asked_since(), now);
    // What is taken back already needs no second reason.
    if changes.iter().all(|it| !matches!(it, Change::Withdraw(..))) {
        changes.extend(target::moved_since(places, conn, &facts, ward, now)?);
    }
    held_back::explain(conn, &planned, &facts, ward, now)?;
    Ok((horizon::bounded(changes, &facts.plays, now), facts))
}

/// An emergency does not ask about quiet hours, and leaves a trace.
fn override_entry(
    change: &Change,
    scheduled: &HashMap<Uuid, &Kept>,
    ward: &Ward,
    now: Timestamp,
) -> Option<NewEvent> {
    let Change::Order(Start { id, start_at, .. }) = change else { return None };
    let view = &scheduled.get(&id.bulletin)?.view;
    ward.quiet.as_ref().filter(|it| it.touch(*start_at, view.content.duration))?;
    let data = json!({
        "action": "quiet_hours.overridden",
        "user": view.approved_by()?,
        "bulletin_id": id.bulletin,
        "title": view.title,
        "priority": view.priority.as_str(),
        "start_at": start_at.to_string(),
    });
    Some(NewEvent { kind: Kind::AuditEntry, occurred_at: now, data })
}

fn tell(change: &Change) {
    match change {
        Change::Order(Start { id, start_at, .. }) => info!(play = %id, %start_at, "ordered"),
        Change::Promote(id) => info!(play = %id, "plays after all"),
        Change::HoldBack(it, reason) => info!(play = %it.id, reason, "held back"),
        Change::Missed(it, reason) => warn!(play = %it.id, reason, "missed"),
        Change::Withdraw(id, reason) => info!(play = %id, reason, "withdrawn"),
        Change::Forget(id) => debug!(play = %id, "no longer in the calendar"),
    }
}

#[cfg(test)]
mod tests;
