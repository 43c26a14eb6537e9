//! What is wired to a cluster on its pole: the mute switch and the amplifier's relay.

use std::sync::Arc;

use base::{Clock, sleep_until};
use broadcast::PlayId;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior};

use super::mute::{LOOK_EVERY, Look, Mute};
use super::relay::{Relay, Switched};
use crate::config::{SpeakerMute, SpeakerRelay};
use crate::report::{Kind, NewEvent};

pub(super) struct Site {
    mute: Option<Mute>,
    relay: Option<Relay>,
    /// Never stepped: the relay's hold is measured by it.
    steady: Arc<dyn Clock>,
    looks: Interval,
}

/// Something that the centre is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SiteNews {
    Muted(bool),
    Fault { part: &'static str, reason: String },
    Recovered { part: &'static str },
}

const MUTE_INPUT: &str = "mute_input";
const RELAY: &str = "amplifier_relay";

impl Site {
    pub(super) fn new(
        mute: Option<SpeakerMute>,
        was_muted: bool,
        relay: Option<SpeakerRelay>,
        steady: Arc<dyn Clock>,
    ) -> Self {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mute = mute.map(|it| Mute::new(it, was_muted));
        Self { mute, relay: relay.map(Relay::new), steady, looks }
    }

    /// As it was last known. A switch that is not wired any more mutes nothing.
    pub(super) fn is_muted(&self) -> bool {
        self.mute.as_ref().is_some_and(Mute::is_muted)
    }

    /// The next news; never, where nothing is wired. Cancel-safe: nothing is awaited between a look and
    /// what comes of it.
    pub(super) async fn event(&mut self) -> SiteNews {
        loop {
            let off_at = self.relay.as_ref().and_then(Relay::off_at);
            let news = tokio::select! {
                _ = self.looks.tick(), if self.mute.is_some() => {
                    self.mute.as_mut().and_then(Mute::look).map(SiteNews::from)
                }
                () = timer(&*self.steady, off_at) => self.off(),
            };
            if let Some(news) = news {
                return news;
            }
        }
    }

    pub(super) fn sound_opens(&mut self) -> Option<SiteNews> {
        self.relay.as_mut().and_then(Relay::sound_opens).map(SiteNews::from)
    }

    pub(super) fn falls_silent(&mut self) {
        let now = self.steady.now();
        if let Some(relay) = &mut self.relay {
            relay.falls_silent(now);
        }
    }

    /// At the program's beginning and end too.
    pub(super) fn off(&mut self) -> Option<SiteNews> {
        self.relay.as_mut().and_then(Relay::off).map(SiteNews::from)
    }
}

impl SiteNews {
    /// What sounded when it happened, if anything did, is named.
    pub(super) fn event(&self, sounding: &[PlayId], now: Timestamp) -> NewEvent {
        let (kind, mut data) = match self {
            Self::Muted(true) => (Kind::ClusterMuted, json!({ "by": "switch on site" })),
            Self::Muted(false) => (Kind::ClusterRecovered, json!({ "from": "mute on site" })),
            Self::Fault { part, reason } => {
                (Kind::ClusterFault, json!({ "part": part, "reason": reason }))
            }
            Self::Recovered { part } => (Kind::ClusterRecovered, json!({ "part": part })),
        };
        if !sounding.is_empty() {
            let ids: Vec<String> = sounding.iter().map(|it| it.bulletin.to_string()).collect();
            data["playing"] = json!(ids);
        }
        NewEvent { kind, occurred_at: now, data }
    }
}

impl From<Look> for SiteNews {
    fn from(look: Look) -> Self {
        match look {
            Look::Muted(is_muted) => Self::Muted(is_muted),
            Look::Fault(reason) => Self::Fault { part: MUTE_INPUT, reason },
            Look::Recovered => Self::Recovered { part: MUTE_INPUT },
        }
    }
}

impl From<Switched> for SiteNews {
    fn from(switched: Switched) -> Self {
        match switched {
            Switched::Fault(reason) => Self::Fault { part: RELAY, reason },
            Switched::Recovered => Self::Recovered { part: RELAY },
        }
    }
}

async fn timer(clock: &dyn Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => sleep_until(clock, at).await,
        None => std::future::pending().await,
    }
}
