//! How loud one sound is, and the volumes of those that are in the sink.

use crate::order::Volume;

/// Everything that makes a sound louder or quieter on this cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// What the order says.
    pub order: Volume,
    /// What the hour allows, which is never above the ceiling.
    pub hour: Volume,
}

impl Level {
    /// Of the samples, `0.0..=1.0`. Loudness grows with the cube root, as GStreamer's own "cubic" volume
    /// assumes.
    pub fn amplitude(self) -> f64 {
        let share = |it: Volume| f64::from(it.percent()) / 100.0;
        (share(self.order) * share(self.hour)).powi(3)
    }
}
