//! Where a cluster's sound goes, and how loud by the hour.

use std::path::PathBuf;
use std::time::Duration;

use broadcast::Volume;
use broadcast::player::{Band, VolumeBands};
use jiff::tz::TimeZone;

use super::problems::{Field, Reader};
use super::{raw, sections};

/// Where the sound goes.
#[derive(Clone, Debug)]
pub struct SpeakerSound {
    pub sink: SpeakerSink,
    /// By the hour, under the ceiling.
    pub volume: VolumeBands,
    pub amplifier_warm_up: Duration,
    pub acoustic_delay: Duration,
    pub latency: Duration,
    pub relay: Option<SpeakerRelay>,
}

/// The relay of the amplifier.
#[derive(Clone, Debug)]
pub struct SpeakerRelay {
    pub file: PathBuf,
    /// Invariant: not the same as `inactive`.
    pub active: String,
    pub inactive: String,
    pub hold: Duration,
}

/// A switch on site.
#[derive(Clone, Debug)]
pub struct SpeakerMute {
    pub input: PathBuf,
    pub active: String,
    pub mutes_emergency: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeakerSink {
    Alsa {
        device: String,
    },
    /// A WAV file a play, beside a note of when its first sample was due: for tests.
    Wav {
        dir: PathBuf,
    },
    /// No sound: the content is verified and opened, and the note says when its first sample would have
    /// left. `vong sim speakers` chooses it; in a file it would be a silent street that reports plays.
    Timestamp {
        dir: PathBuf,
    },
}

pub(super) fn sound(
    reader: &mut Reader<'_>,
    field: Field<raw::Sound>,
    zone: &TimeZone,
) -> Option<SpeakerSound> {
    let section = reader.optional("sound", field).unwrap_or_default();
    reader.unknown("sound", &section.unknown);
    let sink = sink(reader, section.sink, section.device, section.wav_dir);
    let ceiling =
        sections::within(reader, "sound.volume_percent", section.volume_percent, 100, 0..=100);
    let ceiling = ceiling.and_then(|it| Volume::try_from(it).ok());
    let bands = bands(reader, section.band, ceiling, zone);
    let relay = relay(reader, section.relay);
    let mut duration = |key: &str, field, default_ms, most_s| {
        let default = Duration::from_millis(default_ms);
        sections::duration(reader, key, field, default, Duration::from_secs(most_s))
    };
    let amplifier_warm_up = duration("sound.amplifier_warm_up", section.amplifier_warm_up, 0, 250);
    let acoustic_delay = duration("sound.acoustic_delay", section.acoustic_delay, 0, 5);
    let latency = duration("sound.latency", section.latency, 200, 2);
    Some(SpeakerSound {
        sink: sink?,
        volume: bands?,
        amplifier_warm_up: amplifier_warm_up?,
        acoustic_delay: acoustic_delay?,
        latency: latency?,
        relay,
    })
}

fn sink(
    reader: &mut Reader<'_>,
    sink: Field<String>,
    device: Field<String>,
    wav_dir: Field<String>,
) -> Option<SpeakerSink> {
    let device = reader.optional("sound.device", device);
    let wav_dir = reader.optional("sound.wav_dir", wav_dir);
    match reader.optional("sound.sink", sink).as_deref() {
        None | Some("alsa") => {
            Some(SpeakerSink::Alsa { device: device.unwrap_or_else(|| "default".to_owned()) })
        }
        Some("wav") => {
            if wav_dir.is_none() {
                reader.problem("sound.wav_dir", "is missing: sink = \"wav\" needs a folder");
            }
            wav_dir.map(|dir| SpeakerSink::Wav { dir: reader.path(dir) })
        }
        Some(other) => {
            reader.problem("sound.sink", format!("{other:?} is neither \"alsa\" nor \"wav\""));
            None
        }
    }
}

/// `None` with a problem.
fn bands(
    reader: &mut Reader<'_>,
    field: Field<Vec<raw::Band>>,
    ceiling: Option<Volume>,
    zone: &TimeZone,
) -> Option<VolumeBands> {
    let Some(given) = reader.optional("sound.band", field) else {
        return Some(VolumeBands::day_and_night(ceiling?, zone.clone()));
    };
    let read = given.into_iter().enumerate().map(|(index, it)| band(reader, index, it));
    // Each is read, so that each problem is told.
    let read: Vec<Option<Band>> = read.collect();
    let bands: Option<Vec<Band>> = read.into_iter().collect();
    match VolumeBands::new(ceiling?, bands?, zone.clone()) {
        Ok(bands) => Some(bands),
        Err(err) => {
            reader.problem("sound.band", err);
            None
        }
    }
}

fn band(reader: &mut Reader<'_>, index: usize, raw: raw::Band) -> Option<Band> {
    let key = format!("sound.band[{}]", index + 1);
    reader.unknown(&key, &raw.unknown);
    let mut time = |end: &str, field: Field<String>| {
        let key = format!("{key}.{end}");
        let text = reader.required(&key, field)?;
        sections::time(reader, &key, &text)
    };
    let (from, to) = (time("from", raw.from), time("to", raw.to));
    let key = format!("{key}.volume_percent");
    let percent = Field::Given(reader.required(&key, raw.volume_percent)?);
    let percent = sections::within(reader, &key, percent, 0, 0..=100)?;
    Some(Band { from: from?, to: to?, volume: Volume::try_from(percent).ok()? })
}

/// `None`, with or without a problem.
fn relay(reader: &mut Reader<'_>, field: Field<raw::Relay>) -> Option<SpeakerRelay> {
    let section = reader.optional("sound.relay", field)?;
    reader.unknown("sound.relay", &section.unknown);
    let file = reader.required("sound.relay.file", section.file);
    let active = text(reader, "sound.relay.active", section.active, "1")?;
    let other = if active == "0" { "1" } else { "0" };
    let inactive = text(reader, "sound.relay.inactive", section.inactive, other)?;
    if active == inactive {
        reader.problem("sound.relay.inactive", "is the same as active: it would never be off");
    }
    let (default, most) = (Duration::from_secs(30), Duration::from_hours(24));
    let hold = sections::duration(reader, "sound.relay.hold", section.hold, default, most)?;
    Some(SpeakerRelay { file: reader.path(file?), active, inactive, hold })
}

/// `None`, with or without a problem.
pub(super) fn mute(reader: &mut Reader<'_>, field: Field<raw::Mute>) -> Option<SpeakerMute> {
    let section = reader.optional("mute", field)?;
    reader.unknown("mute", &section.unknown);
    let input = reader.required("mute.input", section.input);
    let active = text(reader, "mute.active", section.active, "1");
    let mutes_emergency = reader.optional("mute.mutes_emergency", section.mutes_emergency);
    let mutes_emergency = mutes_emergency.unwrap_or(false);
    Some(SpeakerMute { input: reader.path(input?), active: active?, mutes_emergency })
}

/// What is in a file of the kernel's: a word.
fn text(reader: &mut Reader<'_>, key: &str, field: Field<String>, default: &str) -> Option<String> {
    let text = reader.optional(key, field).unwrap_or_else(|| default.to_owned());
    if text.is_empty() || text.trim() != text {
        reader.problem(key, format!("{text:?} is not a word such as \"1\""));
        return None;
    }
    Some(text)
}
