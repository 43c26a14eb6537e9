//! What the operator may choose. `raw` is the file's shape; the other files hold what the program
//! believes: every value checked, every default filled in, every problem named by its key at once.

mod approval;
mod broadcast_rules;
mod camera;
mod centre;
mod problems;
mod raw;
mod rule;
mod sections;
mod sound;
mod speaker;
mod speech;
mod ward;

use std::path::Path;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

pub use broadcast_rules::{BroadcastRules, broadcast_rules_from_toml};
pub use camera::{Camera, Transport};
pub use centre::Centre;
pub use problems::Problems;
pub use rule::{Rule, RuleProblem, Severity, rule_to_json, rules_from_json};
pub use sections::{Broker, ClockTrust};
pub use sound::{SpeakerMute, SpeakerRelay, SpeakerSink, SpeakerSound};
#[cfg(all(feature = "gst", feature = "onnx"))]
pub(crate) use speaker::DAILY_LIMIT;
pub use speaker::{Speaker, SpeakerBox};
pub use speech::{Speech, VoiceModel};
pub use ward::{Cluster, Console, Content, Detector, Retention, Ward};

/// Which of the three daemons a file is for. The sections tell: only a loudspeaker has a `[box]`,
/// only the centre has a `[broker]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// The ward box: `vong run`.
    Box,
    /// A loudspeaker cluster: `vong speaker`.
    Speaker,
    /// The operations centre: `vong centre`.
    Centre,
}

impl Ward {
    /// # Errors
    /// [`Problems`], each with its key, or the file that cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        read(path, Self::believe)
    }
}

impl Speaker {
    /// # Errors
    /// As [`Ward::read`].
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        read(path, Self::believe)
    }
}

impl Centre {
    /// # Errors
    /// As [`Ward::read`].
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        read(path, Self::believe)
    }
}

/// Reads `path` as the kind of file that its sections say it is, and forgets it.
///
/// # Errors
/// As the daemon would report them.
pub fn check(path: &Path) -> anyhow::Result<Role> {
    let role = role(path)?;
    match role {
        Role::Speaker => drop(Speaker::read(path)?),
        Role::Centre => drop(Centre::read(path)?),
        Role::Box => drop(Ward::read(path)?),
    }
    Ok(role)
}

/// Whose file `path` is; whether it is a good one is another question.
///
/// # Errors
/// It cannot be read, or is not TOML.
pub fn role(path: &Path) -> anyhow::Result<Role> {
    let table: toml::Table = parse(path)?;
    if table.contains_key("box") {
        Ok(Role::Speaker)
    } else if table.contains_key("broker") {
        Ok(Role::Centre)
    } else {
        Ok(Role::Box)
    }
}

/// The JSON Schema (draft 2020-12) of a role's file.
pub fn schema(role: Role) -> schemars::Schema {
    match role {
        Role::Box => schemars::schema_for!(raw::Ward),
        Role::Speaker => schemars::schema_for!(raw::Speaker),
        Role::Centre => schemars::schema_for!(raw::Centre),
    }
}

fn read<R: DeserializeOwned, T>(
    path: &Path,
    believe: impl FnOnce(R, &Path) -> Result<T, Problems>,
) -> anyhow::Result<T> {
    let folder = path.parent().unwrap_or(Path::new("."));
    believe(parse(path)?, folder).with_context(|| not_valid(path))
}

fn parse<R: DeserializeOwned>(path: &Path) -> anyhow::Result<R> {
    toml::from_str(&text_of(path)?).map_err(|it| syntax(&it)).with_context(|| not_valid(path))
}

fn not_valid(path: &Path) -> String {
    format!("{} is not a valid configuration", path.display())
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .map_err(|err| Problems::one(format!("{}: {err}", path.display())))
        .context("the configuration cannot be read")
}

fn syntax(err: &toml::de::Error) -> Problems {
    Problems::one(err.to_string().trim_end().to_owned())
}

#[cfg(test)]
mod tests;
