//! What signed messages look like in JSON. design.md section 4; frozen, see the golden test.

use base::DeviceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::jws::Malformed;
use crate::{Command, Reach, RosterKey};

/// RFC 7515 section 4. An unknown member is refused, and with it `jku`, `jwk`, `x5c`, `x5u` (a key
/// out of the message itself) and `crit`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub alg: String,
    pub kid: String,
    /// For people and tools: this reader decides by the topic what a message is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
}

/// A later version may add members; what is unknown here is signed all the same.
#[derive(Serialize, Deserialize)]
pub(crate) struct CommandPayload {
    id: Uuid,
    to: String,
    issuer: String,
    kind: String,
    issued_at: String,
    not_after: String,
    data: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RosterPayload {
    issued_at: String,
    keys: Vec<RosterEntry>,
}

#[derive(Serialize, Deserialize)]
struct RosterEntry {
    owner: String,
    /// The 32 bytes of an Ed25519 public key, base64url: `x` of RFC 8037 section 2.
    x: String,
    /// Device ids, or `*` alone.
    may_command: Vec<String>,
}

const EVERY_DEVICE: &str = "*";

impl CommandPayload {
    pub(crate) fn of(command: &Command) -> Self {
        Self {
            id: command.id,
            to: command.to.to_string(),
            issuer: command.issuer.to_string(),
            kind: command.kind.clone(),
            issued_at: instant(command.issued_at),
            not_after: instant(command.not_after),
            data: command.data.clone(),
        }
    }

    pub(crate) fn believe(self) -> Result<Command, Malformed> {
        Ok(Command {
            id: self.id,
            to: device(&self.to)?,
            issuer: device(&self.issuer)?,
            kind: self.kind,
            issued_at: self.issued_at.parse().map_err(|_| Malformed)?,
            not_after: self.not_after.parse().map_err(|_| Malformed)?,
            data: self.data,
        })
    }
}

impl RosterPayload {
    pub(crate) fn of(keys: &[RosterKey], issued_at: Timestamp) -> Self {
        let entry = |key: &RosterKey| RosterEntry {
            owner: key.owner.to_string(),
            x: crate::roster::base64url(&key.public),
            may_command: match &key.may_command {
                Reach::EveryDevice => vec![EVERY_DEVICE.to_owned()],
                Reach::Only(devices) => devices.iter().map(DeviceId::to_string).collect(),
            },
        };
        Self { issued_at: instant(issued_at), keys: keys.iter().map(entry).collect() }
    }

    pub(crate) fn believe(self) -> Result<(Timestamp, Vec<RosterKey>), Malformed> {
        let issued_at = self.issued_at.parse().map_err(|_| Malformed)?;
        let keys = self.keys.into_iter().map(RosterEntry::believe).collect::<Result<_, _>>()?;
        Ok((issued_at, keys))
    }
}

impl RosterEntry {
    fn believe(self) -> Result<RosterKey, Malformed> {
        let may_command = if self.may_command == [EVERY_DEVICE] {
            Reach::EveryDevice
        } else {
            Reach::Only(self.may_command.iter().map(|it| device(it)).collect::<Result<_, _>>()?)
        };
        let public = crate::roster::public_key(&self.x).ok_or(Malformed)?;
        Ok(RosterKey { owner: device(&self.owner)?, public, may_command })
    }
}

fn device(text: &str) -> Result<DeviceId, Malformed> {
    text.parse().map_err(|_| Malformed)
}

/// RFC 3339, UTC, milliseconds: design.md section 3. Finer parts are cut off.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
