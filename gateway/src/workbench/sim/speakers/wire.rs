//! One line of JSON for each cluster, for scripts and `vong bench fanout`.

use serde_json::json;

use super::Stand;
use crate::config::SpeakerSink;

impl Stand {
    pub(super) fn to_json(&self) -> String {
        let (sink, notes) = match &self.config.sound.sink {
            SpeakerSink::Alsa { .. } => ("alsa", None),
            SpeakerSink::Wav { dir } => ("wav", Some(dir)),
            SpeakerSink::Timestamp { dir } => ("timestamp", Some(dir)),
        };
        json!({
            "cluster": self.config.device.as_str(),
            "sink": sink,
            "notes": notes,
            "clock_offset_ms": (self.offset.as_secs_f64() * 1e3).round(),
            "clock_drift_ppm": (self.drift_ppm * 10.0).round() / 10.0,
        })
        .to_string()
    }
}
