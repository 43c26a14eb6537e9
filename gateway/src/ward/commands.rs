//! Commands of the centre to this box. Each is verified, and answered; none is obeyed yet, because
//! the centre's commands begin with its own console.

use std::sync::Arc;

use base::{Clock, DeviceId};
use provisioning::{CommandRefused, Roster};
use tokio::sync::mpsc;
use tracing::warn;

use crate::report::uplink::Replies;
use crate::report::wire::{Reply, ReplyState};

pub(super) struct CommandDesk {
    pub(super) me: DeviceId,
    pub(super) roster: Roster,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) replies: Replies,
}

impl CommandDesk {
    /// Until `commands` closes.
    pub(super) async fn run(self, mut commands: mpsc::Receiver<String>) {
        while let Some(token) = commands.recv().await {
            match self.roster.verify(&token, &self.me, self.clock.now()) {
                Ok(command) => {
                    let reason =
                        format!("this box does not know commands of kind {}", command.kind);
                    warn!(command = %command.id, reason, "a command was refused");
                    let (command_id, state) = (command.id, ReplyState::Refused);
                    self.replies.send(&Reply { command_id, state, reason: Some(reason) });
                }
                // Without a good signature there is nobody to answer.
                Err(err @ CommandRefused::Expired) => warn!(%err, "a late command was dropped"),
                Err(err) => warn!(%err, "a command that nobody may give was dropped"),
            }
        }
    }
}
