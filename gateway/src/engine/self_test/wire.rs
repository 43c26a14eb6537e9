//! The one line that the child says to its parent.

use serde::{Deserialize, Serialize};

use super::Fitness;

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Works { device: String, provider: String, ms: f64 },
    Fails { error: String },
}

impl Answer {
    pub(super) fn failed(error: &anyhow::Error) -> Self {
        Self::Fails { error: format!("{error:#}") }
    }

    /// The last line: a provider's own library may print before it.
    pub(super) fn read(stdout: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(stdout);
        serde_json::from_str(text.lines().last()?).ok()
    }
}

impl From<Fitness> for Answer {
    fn from(fitness: Fitness) -> Self {
        let Fitness { device, provider, ms } = fitness;
        Self::Works { device, provider, ms }
    }
}
