//! What clusters say about their plays: taken into the play's rows, and told to the centre.

use base::DeviceId;
use broadcast::PlayId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::debug;
use uuid::Uuid;

use super::Wake;
use super::settle::key;
use super::view::TargetStage;
use crate::report::wire::{Reply, ReplyState};
use crate::report::{Envelope, Kind, NewEvent, Reporter};
use crate::ward::clusters::Receipts;

/// Answers that wait for the dispatcher. More than this many are dropped: an order that is refused
/// once is refused again when it is sent again.
const REFUSALS: usize = 256;

/// What the clusters' events are written into. Called by the receiver, inside the transaction that
/// stores each event once.
#[derive(Clone, Debug)]
pub struct Ledger {
    reporter: Reporter,
    wake: Wake,
    refusals: mpsc::Sender<Refusal>,
}

/// A cluster does not take a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub cluster: DeviceId,
    pub command_id: Uuid,
    pub reason: String,
}

/// Why an event says nothing about a play. It is passed on to the centre all the same.
#[derive(Debug, thiserror::Error)]
#[error("{field} is missing or not what the contract says")]
struct ReceiptError {
    field: &'static str,
}

/// What one event says.
#[derive(Clone, Debug, PartialEq)]
struct Receipt {
    play: PlayId,
    stage: TargetStage,
    reason: Option<String>,
    started_at: Option<Timestamp>,
    start_error: Option<SignedDuration>,
    clock_error_bound: Option<SignedDuration>,
}

impl Ledger {
    /// The receiver is for the [`Dispatcher`](super::Dispatcher).
    pub fn new(reporter: Reporter, wake: Wake) -> (Self, mpsc::Receiver<Refusal>) {
        let (refusals, refused) = mpsc::channel(REFUSALS);
        (Self { reporter, wake, refusals }, refused)
    }
}

impl Receipts for Ledger {
    /// Takes one new event of a cluster in: its play's row, and our own event with `cluster` in it.
    fn received(
        &self,
        conn: &Connection,
        cluster: &DeviceId,
        envelope: &Envelope,
    ) -> rusqlite::Result<()> {
        let Some(kind) = envelope.known_kind() else {
            debug!(%cluster, kind = envelope.kind, "an event of a newer version");
            return Ok(());
        };
        if let Some(stage) = stage_of(kind) {
            match Receipt::read(stage, &envelope.data) {
                Ok(receipt) => receipt.store(conn, cluster, envelope.occurred_at)?,
                Err(err) => debug!(%cluster, %kind, %err, "a receipt is unclear"),
            }
            self.wake.tell();
        }
        let data = with_cluster(cluster, envelope);
        let event = NewEvent { kind, occurred_at: envelope.occurred_at, data };
        self.reporter.record_in(conn, event)?;
        Ok(())
    }

    fn replied(&self, cluster: &DeviceId, reply: &Reply) {
        let (cluster, command_id) = (cluster.clone(), reply.command_id);
        let reason = match reply.state {
            // What it does next comes as an event, which is kept; a reply is not.
            ReplyState::Accepted | ReplyState::Done => return,
            ReplyState::Refused => reply.reason.clone().unwrap_or_else(|| "refused".to_owned()),
            ReplyState::Expired => "the order reached it too late".to_owned(),
        };
        debug!(%cluster, %command_id, reason, "a command was refused");
        let _ = self.refusals.try_send(Refusal { cluster, command_id, reason });
    }
}

impl Refusal {
    /// Kept as the reason of a play that is still waiting for its acknowledgement: it may be the
    /// answer to a copy, so it decides nothing.
    pub(super) fn store(&self, conn: &Connection) -> rusqlite::Result<()> {
        conn.execute(
            "UPDATE play_target SET reason = ?3 WHERE cluster = ?1 AND stage = 'pending' \
             AND (command_id = ?2 OR stop_command_id = ?2)",
            params![self.cluster.as_str(), self.command_id.to_string(), self.reason],
        )?;
        Ok(())
    }
}

fn stage_of(kind: Kind) -> Option<TargetStage> {
    let stages = [
        (Kind::BroadcastOrdered, TargetStage::Ordered),
        (Kind::BroadcastCached, TargetStage::Cached),
        (Kind::BroadcastStarted, TargetStage::Started),
        (Kind::BroadcastPlayed, TargetStage::Played),
        (Kind::BroadcastPartial, TargetStage::Partial),
        (Kind::BroadcastMissed, TargetStage::Missed),
        (Kind::BroadcastStopped, TargetStage::Stopped),
    ];
    stages.into_iter().find(|(it, _)| *it == kind).map(|(_, stage)| stage)
}

fn with_cluster(cluster: &DeviceId, envelope: &Envelope) -> Value {
    // What is not an object is against the contract, and says nothing that could be kept.
    let mut data = envelope.data.as_object().cloned().unwrap_or_default();
    data.insert("cluster".to_owned(), cluster.as_str().into());
    data.insert("cluster_event".to_owned(), envelope.id.to_string().into());
    data.insert("cluster_clock_trusted".to_owned(), envelope.clock_trusted.into());
    Value::Object(data)
}

impl Receipt {
    fn read(stage: TargetStage, data: &Value) -> Result<Self, ReceiptError> {
        let play = PlayId {
            bulletin: text(data, "bulletin_id")
                .and_then(|it| it.parse::<Uuid>().ok())
                .ok_or(ReceiptError { field: "bulletin_id" })?,
            occurrence: instant(data, "occurrence").ok_or(ReceiptError { field: "occurrence" })?,
        };
        Ok(Self {
            play,
            stage,
            reason: text(data, "reason").map(str::to_owned),
            started_at: instant(data, "started_at"),
            start_error: milliseconds(&data["start_error_ms"]),
            clock_error_bound: milliseconds(&data["clock"]["error_bound_ms"]),
        })
    }

    /// Stages only go forward; but what a cluster says in the end outweighs what we thought when it
    /// was silent. An event about a play or a cluster that we did not order changes nothing.
    fn store(
        &self,
        conn: &Connection,
        cluster: &DeviceId,
        reported_at: Timestamp,
    ) -> rusqlite::Result<()> {
        let before: &[TargetStage] = match self.stage {
            TargetStage::Pending => &[],
            TargetStage::Ordered => &[TargetStage::Pending],
            TargetStage::Cached => &[TargetStage::Pending, TargetStage::Ordered],
            TargetStage::Started => {
                &[TargetStage::Pending, TargetStage::Ordered, TargetStage::Cached]
            }
            TargetStage::Played
            | TargetStage::Partial
            | TargetStage::Missed
            | TargetStage::Stopped => &[
                TargetStage::Pending,
                TargetStage::Ordered,
                TargetStage::Cached,
                TargetStage::Started,
                TargetStage::Missed,
            ],
        };
        let (bulletin, occurrence) = key(self.play);
        for stage in before {
            conn.execute(
                "UPDATE play_target SET stage = ?5, reason = ?6 WHERE bulletin_id = ?1 \
                 AND occurrence_ms = ?2 AND cluster = ?3 AND stage = ?4",
                params![
                    bulletin,
                    occurrence,
                    cluster.as_str(),
                    stage.as_str(),
                    self.stage.as_str(),
                    self.reason
                ],
            )?;
        }
        conn.execute(
            "UPDATE play_target SET started_at_us = coalesce(?4, started_at_us), \
             start_error_us = coalesce(?5, start_error_us), \
             clock_error_bound_us = coalesce(?6, clock_error_bound_us), reported_at_ms = ?7 \
             WHERE bulletin_id = ?1 AND occurrence_ms = ?2 AND cluster = ?3",
            params![
                bulletin,
                occurrence,
                cluster.as_str(),
                self.started_at.map(Timestamp::as_microsecond),
                self.start_error.map(micros),
                self.clock_error_bound.map(micros),
                reported_at.as_millisecond()
            ],
        )?;
        Ok(())
    }
}

fn text<'a>(data: &'a Value, field: &str) -> Option<&'a str> {
    data.get(field)?.as_str()
}

fn instant(data: &Value, field: &str) -> Option<Timestamp> {
    text(data, field)?.parse().ok()
}

fn milliseconds(value: &Value) -> Option<SignedDuration> {
    SignedDuration::try_from_secs_f64(value.as_f64()? / 1_000.0).ok()
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
