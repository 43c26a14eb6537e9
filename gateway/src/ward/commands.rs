//! Commands of the centre to this box. Each is verified, obeyed once, and answered.

use std::sync::Arc;

use base::{Clock, DeviceId};
use provisioning::{Command, CommandRefused, Roster};
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::rules::{Asker, RuleBook};
use crate::clock_trust::ClockTrust;
use crate::report::uplink::Replies;
use crate::report::wire::{Reply, ReplyState};

/// Other rules for a camera: `{"camera": id, "rules": [...]}`, or `"rules": null` for the file's.
const KIND_CAMERA_RULES: &str = "camera.rules";

pub(super) struct CommandDesk {
    pub(super) me: DeviceId,
    pub(super) roster: Roster,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) trust: ClockTrust,
    pub(super) rules: RuleBook,
    pub(super) replies: Replies,
}

impl CommandDesk {
    /// Until `commands` closes.
    pub(super) async fn run(self, mut commands: mpsc::Receiver<String>) {
        while let Some(token) = commands.recv().await {
            match self.roster.verify(&token, &self.me, self.clock.now()) {
                Ok(command) => {
                    let command_id = command.id;
                    let (state, reason) = match obey(&self.trust, &self.rules, command).await {
                        Ok(()) => (ReplyState::Accepted, None),
                        Err(reason) => {
                            warn!(command = %command_id, reason, "a command was refused");
                            (ReplyState::Refused, Some(reason))
                        }
                    };
                    self.replies.send(&Reply { command_id, state, reason });
                }
                // Without a good signature there is nobody to answer.
                Err(err @ CommandRefused::Expired) => warn!(%err, "a late command was dropped"),
                Err(err) => warn!(%err, "a command that nobody may give was dropped"),
            }
        }
    }
}

async fn obey(trust: &ClockTrust, rules: &RuleBook, command: Command) -> Result<(), String> {
    if !trust.is_trusted() {
        // Nobody could say whether it has expired, and its id is forgotten when it has.
        return Err("the clock of the box is not trusted yet: send it again later".to_owned());
    }
    match command.kind.as_str() {
        KIND_CAMERA_RULES => change_rules(rules, command).await,
        kind => Err(format!("this box does not know commands of kind {kind}")),
    }
}

async fn change_rules(book: &RuleBook, command: Command) -> Result<(), String> {
    let Command { id, issuer, not_after, data, .. } = command;
    let camera = data.get("camera").and_then(Value::as_str).ok_or("camera: is missing")?;
    let rules = match data.get("rules") {
        Some(Value::Array(rules)) => Some(rules.as_slice()),
        Some(Value::Null) => None,
        _ => return Err("rules: is neither a list nor null".to_owned()),
    };
    let asker = Asker::Command { issuer, id, not_after };
    let changed = book.change(camera, rules, asker).await.map_err(|err| err.to_string())?;
    info!(command = %id, camera, revision = changed.revision, "rules of the centre");
    Ok(())
}

#[cfg(test)]
mod tests;
