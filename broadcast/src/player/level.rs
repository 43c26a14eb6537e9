//! How loud one sound is, and the volumes of those that are in the sink.

use jiff::Timestamp;

use super::play::Play;
use super::{Effect, Rules, VolumeBands};
use crate::order::{Order, Priority, Volume};

/// Everything that makes a sound louder or quieter on this cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// What the order says.
    pub order: Volume,
    /// What the hour allows, which is never above the ceiling.
    pub hour: Volume,
    /// Something more urgent sounds above it.
    pub is_below: bool,
}

/// How far what goes on is below the more urgent: at 15 dB a speech transmission index loses nothing
/// any more (IEC 60268-16 counts no better ratio of signal to noise), so the more urgent is understood
/// as if it were alone.
const BELOW_DB: f64 = -15.0;

impl Level {
    /// Of the samples, `0.0..=1.0`. Loudness grows with the cube root, as GStreamer's own "cubic" volume
    /// assumes.
    pub fn amplitude(self) -> f64 {
        let share = |it: Volume| f64::from(it.percent()) / 100.0;
        let below = if self.is_below { 10_f64.powf(BELOW_DB / 20.0) } else { 1.0 };
        (share(self.order) * share(self.hour)).powi(3) * below
    }

    /// An emergency is as loud as the ceiling at any hour.
    pub(super) fn of(order: &Order, at: Timestamp, rules: &Rules) -> Self {
        let is_emergency = order.priority == Priority::Emergency;
        let by_hour = |it: &VolumeBands| if is_emergency { it.ceiling() } else { it.at(at) };
        let hour = rules.volume.as_ref().map_or(Volume::FULL, by_hour);
        Self { order: order.volume, hour, is_below: false }
    }

    /// Of what goes on below a sound of level `above`.
    #[must_use]
    pub(super) fn below(self, above: Self) -> Self {
        let (order, hour) = (self.order.min(above.order), self.hour.min(above.hour));
        Self { order, hour, is_below: true }
    }
}

impl Play {
    /// While it sounds, and before: what it will be when it begins. `above` is what it sounds below.
    pub(super) fn set_volume(
        &mut self,
        now: Timestamp,
        rules: &Rules,
        above: Option<Level>,
    ) -> Option<Effect> {
        let (start_at, told) = self.in_sink.filter(|_| !self.is_closing())?;
        let level = Level::of(&self.order, start_at.max(now), rules);
        let level = above.map_or(level, |above| level.below(above));
        (level != told).then(|| {
            self.in_sink = Some((start_at, level));
            Effect::SetVolume { play: self.order.play, level }
        })
    }
}
