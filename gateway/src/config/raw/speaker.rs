//! The sections that only a loudspeaker cluster has, key for key.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::problems::{Field, Unknown};

section! {
    /// The box that drives this cluster.
    SpeakerBox {
        /// The box's device id.
        device: String,
        /// Host name or address of the box's broker.
        host: String,
        /// Port of the box's broker, 8883 unless given.
        port: u16,
        /// `https://host:port` of the box's content server.
        content: String,
        /// `host:port` (UDP) of the box's time server.
        time: String,
    }
}

section! {
    /// Where the sound goes.
    Sound {
        /// `alsa` (default) or `wav`.
        sink: String,
        /// ALSA device, `default` unless given.
        device: String,
        /// Folder for the WAV files of `sink = "wav"`; relative to this file.
        wav_dir: String,
        /// Ceiling of the volume at any hour, 0 to 100; 100 unless given. An emergency is as loud as it.
        volume_percent: u8,
        /// How loud by the hour. Unless given, 21:00 to 06:00 at 56 percent of the ceiling, which is
        /// 15 dB below it.
        band: Vec<Band>,
        relay: Relay,
        /// How long the amplifier needs before it sounds, `"0s"` unless given.
        amplifier_warm_up: String,
        /// How much later this cluster plays than the others on purpose, `"0s"` unless given.
        acoustic_delay: String,
        /// Buffer of the sound card, `"200ms"` unless given.
        latency: String,
    }
}

section! {
    /// How loud in some hours of the day, which are those of `quiet_hours.timezone`.
    Band {
        /// `HH:MM`.
        from: String,
        /// `HH:MM`; on the next day if it is not after `from`.
        to: String,
        /// 0 to 100, and never above the ceiling.
        volume_percent: u8,
    }
}

section! {
    /// The relay of the amplifier: on before a sound by `sound.amplifier_warm_up`, off after the last.
    Relay {
        /// A file of the kernel's, such as `/sys/class/gpio/gpio27/value` or
        /// `/sys/class/leds/amplifier/brightness`; relative to this file.
        file: String,
        /// What is written to switch it on, `1` unless given.
        active: String,
        /// What is written to switch it off; `0` unless given, or `1` if `active` is `0`.
        inactive: String,
        /// How long it stays on after the last sound, `"30s"` unless given.
        hold: String,
    }
}

section! {
    /// A switch on site that silences the cluster.
    Mute {
        /// A file of the kernel's, such as `/sys/class/gpio/gpio17/value`; relative to this file.
        input: String,
        /// What is in it while the switch is on, `1` unless given.
        active: String,
        /// Whether emergencies are silenced too; `false` unless given.
        mutes_emergency: bool,
    }
}

section! {
    /// How much may sound. An emergency neither counts nor asks.
    Limits {
        /// Most sound of a local day, `"2h"` unless given; `"0s"`: no limit. Days are those of
        /// `quiet_hours.timezone`.
        daily: String,
    }
}

section! {
    /// Audio kept for later plays.
    Cache {
        /// Most bytes kept, 512 MiB unless given.
        max_bytes: u64,
    }
}

section! {
    /// When audio is fetched that is needed later: by night, when a ward's links are idle.
    Prefetch {
        /// `false`: at any hour.
        enabled: bool,
        /// `HH:MM`, 22:00 unless given.
        from: String,
        /// `HH:MM`, 05:00 unless given.
        to: String,
        /// IANA zone, `Asia/Ho_Chi_Minh` unless given.
        timezone: String,
        /// What is needed within this is fetched at any hour, `"12h"` unless given.
        within: String,
        /// Over how long the ward's clusters spread what they fetch at any hour, `"5m"` unless given;
        /// never more than an eighth of what is left, and nothing when it is needed within a minute.
        spread: String,
    }
}
