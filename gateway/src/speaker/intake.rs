//! Signed commands in, orders to the player, an answer to each that has an id.

use std::sync::Arc;

use base::{Clock, DeviceId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use broadcast::player::Event;
use provisioning::{Command, CommandRefused, Roster};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{info, warn};
use uuid::Uuid;

use super::journal::Seen;
use crate::order::wire::{play_from_json, stop_from_json};
use crate::order::{KIND_PLAY, KIND_STOP};
use crate::report::is_known_command;
use crate::report::uplink::Replies;
use crate::report::wire::{Reply, ReplyState};
use crate::store::Store;

/// An event for the player, the command that it comes from, and where its verdict goes.
pub(super) struct Instruction {
    pub(super) event: Event,
    pub(super) command: Seen,
    pub(super) verdict: oneshot::Sender<Result<(), String>>,
}

pub(super) struct Intake {
    pub(super) me: DeviceId,
    pub(super) roster: Roster,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    pub(super) replies: Replies,
    /// Commands wait while the clock is not trusted: nobody could say which have expired.
    pub(super) trusted: watch::Receiver<bool>,
    pub(super) player: mpsc::Sender<Instruction>,
}

impl Intake {
    /// Until `commands` closes.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<String>) {
        loop {
            let command = tokio::select! {
                command = commands.recv(), if *self.trusted.borrow() => command,
                changed = self.trusted.changed() => {
                    // The clock's task ends at a stop; the commands end soon after.
                    if changed.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Some(command) = command else { return };
            let (id, verdict) = self.obey(&command).await;
            let (state, reason) = match verdict {
                Ok(()) => (ReplyState::Accepted, None),
                Err((state, reason)) => {
                    warn!(command = ?id, reason, "a command was refused");
                    (state, Some(reason))
                }
            };
            if let Some(command_id) = id {
                self.replies.send(&Reply { command_id, state, reason });
            }
        }
    }

    async fn obey(&self, token: &str) -> (Option<Uuid>, Result<(), (ReplyState, String)>) {
        let refused = |reason: String| Err((ReplyState::Refused, reason));
        let now = self.clock.now();
        let command = match self.roster.verify(token, &self.me, now) {
            Ok(command) => command,
            Err(err) => {
                let is_late = err == CommandRefused::Expired;
                let state = if is_late { ReplyState::Expired } else { ReplyState::Refused };
                return (claimed_id(token), Err((state, err.to_string())));
            }
        };
        let id = command.id;
        let verdict = match self.store.read(move |conn| is_known_command(conn, id)).await {
            Ok(false) => self.act(command).await.or_else(refused),
            Ok(true) => refused("seen before".to_owned()),
            Err(err) => refused(format!("the memory of commands cannot be read: {err}")),
        };
        (Some(id), verdict)
    }

    async fn act(&self, command: Command) -> Result<(), String> {
        let event = match command.kind.as_str() {
            KIND_PLAY => {
                let order = play_from_json(&command.data).map_err(|err| err.to_string())?;
                order.check(self.clock.now()).map_err(|err| err.to_string())?;
                Event::Ordered(order)
            }
            KIND_STOP => {
                let stop = stop_from_json(&command.data).map_err(|err| err.to_string())?;
                Event::StopOrdered { play: stop.play, owner_level: stop.owner_level }
            }
            kind => return Err(format!("command kind {kind:?} is not known to this version")),
        };
        info!(command = %command.id, kind = command.kind, issuer = %command.issuer, "command");
        let (verdict, answer) = oneshot::channel();
        let gone = || "the player is stopping".to_owned();
        let command = Seen { id: command.id, not_after: command.not_after };
        let instruction = Instruction { event, command, verdict };
        self.player.send(instruction).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// The id that a refused command claims, to tell its sender which one it was. Not to be believed.
fn claimed_id(token: &str) -> Option<Uuid> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    payload.get("id")?.as_str()?.parse().ok()
}
