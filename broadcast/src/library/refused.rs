//! Why a recording is not taken, in words that a ward officer can act on.

use std::time::Duration;

use crate::loudness::Loudness;

use super::{LARGEST_BYTES, LONGEST};

/// Each text says what is wrong, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the recording cannot be opened: check its name and that you may read it")]
    Unreadable(#[source] std::io::Error),
    #[error("the file is empty: record or export it again")]
    Empty,
    #[error(
        "the file is {} MB and at most {} MB are taken: export it as MP3",
        bytes / 1_000_000,
        LARGEST_BYTES / 1_000_000
    )]
    TooLarge { bytes: u64 },
    #[error("this is {what}, not a recording: choose an MP3, M4A, FLAC, Ogg or WAV file")]
    NotAudio { what: &'static str },
    #[error("{codec} is not read yet: export the recording as MP3, M4A (AAC), FLAC or WAV")]
    UnsupportedCodec { codec: String },
    #[error("{codec} cannot be read on this machine: {reason}; or export the recording as MP3")]
    DecoderMissing { codec: &'static str, reason: String },
    #[error(
        "a sample rate of {sample_rate} Hz is not usual for recordings: export it at 44100 or 48000 Hz"
    )]
    SampleRate { sample_rate: u32 },
    #[error(
        "the file claims {n_channels} channels and at most 8 are taken: export it in stereo or mono"
    )]
    Channels { n_channels: usize },
    #[error("the recording changes its format at {}: export it again as one piece", clock(*at))]
    FormatChanges { at: Duration },
    #[error(
        "the file ends at {} but should last {}: it was cut short, copy or export it again",
        clock(*at),
        clock(*declared)
    )]
    Truncated { at: Duration, declared: Duration },
    #[error("the file breaks off at {}: it was cut short, copy or export it again", clock(*at))]
    BreaksOff { at: Duration },
    #[error(
        "the file's index is missing: it was cut short while it was saved or copied, copy or export it again"
    )]
    IndexMissing,
    #[error("the file is damaged at {}: copy or export it again", clock(*at))]
    Damaged {
        at: Duration,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the recording is shorter than 1 second ({} ms): choose a longer one",
        duration.as_millis()
    )]
    TooShort { duration: Duration },
    #[error(
        "the recording lasts {} and at most {} are taken: cut it into parts",
        at_least(*duration),
        clock(LONGEST)
    )]
    TooLong { duration: Duration },
    #[error("the recording is silent ({loudness}): check the microphone or the export")]
    Silent { loudness: Loudness },
    #[error(
        "the recording has nothing above 300 Hz that a horn can play ({loudness}): record it again closer to the microphone"
    )]
    NothingForAHorn { loudness: Loudness },
    #[error(
        "the recording is clipped beyond repair ({:.0} % of its loud samples are cut off): record it again with less gain",
        clipped * 100.0
    )]
    Clipped { clipped: f64 },
}

/// "12:34", or "10:00:00" from an hour on.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// Counting stops just past the limit; only a header tells of more.
fn at_least(duration: Duration) -> String {
    if duration < LONGEST + Duration::from_secs(2) {
        "more than an hour".to_owned()
    } else {
        clock(duration)
    }
}
