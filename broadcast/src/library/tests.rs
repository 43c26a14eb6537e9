//! The library on WAVs made byte by byte. Real files of every codec: `tests/tests/library.rs`.

use std::f32::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::loudness::{CEILING_DBTP, HOUSE_LUFS};

/// A WAV whose header may lie: `n_claimed` frames are announced.
struct Wav {
    sample_rate: u32,
    n_channels: u16,
    n_claimed: Option<u32>,
}

impl Default for Wav {
    fn default() -> Self {
        Self { sample_rate: 16_000, n_channels: 1, n_claimed: None }
    }
}

impl Wav {
    fn with(&self, samples: &[i16]) -> Vec<u8> {
        let n_frames = samples.len() / usize::from(self.n_channels);
        let n_claimed = self.n_claimed.unwrap_or(u32::try_from(n_frames).unwrap());
        let bytes_a_frame = self.n_channels * 2;
        let n_bytes = n_claimed * u32::from(bytes_a_frame);
        let mut wav = b"RIFF".to_vec();
        wav.extend(n_bytes.wrapping_add(36).to_le_bytes());
        wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
        wav.extend(self.n_channels.to_le_bytes());
        wav.extend(self.sample_rate.to_le_bytes());
        wav.extend((self.sample_rate * u32::from(bytes_a_frame)).to_le_bytes());
        wav.extend(bytes_a_frame.to_le_bytes());
        wav.extend(b"\x10\0data");
        wav.extend(n_bytes.to_le_bytes());
        wav.extend(samples.iter().flat_map(|it| it.to_le_bytes()));
        wav
    }
}

/// `seconds` of a tone with a syllable's rhythm: four bursts a second, as speech has.
fn speech_like(sample_rate: u32, seconds: u32, peak: f32) -> Vec<i16> {
    (0..sample_rate * seconds)
        .map(|n| {
            let t = f64::from(n) / f64::from(sample_rate);
            let tone = turns(t * 700.0) + 0.5 * turns(t * 1_900.0);
            let envelope = turns(t * 4.0).abs();
            to_i16(tone / 1.5 * envelope * peak)
        })
        .collect()
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a share of a turn")]
fn turns(turns: f64) -> f32 {
    (turns.fract() as f32 * TAU).sin()
}

fn refusal(bytes: &[u8]) -> String {
    check(bytes).unwrap_err().to_string()
}

#[test]
fn a_good_recording_is_measured() {
    let checked = check(&*Wav::default().with(&speech_like(16_000, 3, 0.5))).unwrap();
    assert_eq!(checked.duration, Duration::from_secs(3));
    assert_eq!((checked.sample_rate, checked.n_channels), (16_000, 1));
    assert_eq!(checked.codec, "pcm_s16le");
    assert!((-7.5..=-6.0).contains(&checked.loudness.true_peak_dbtp), "{}", checked.loudness);
    assert!(checked.clipped < 1e-9);
}

#[test]
fn what_is_no_recording_is_named() {
    let hint = "choose an MP3, M4A, FLAC, Ogg or WAV file";
    assert_eq!(refusal(b""), "the file is empty: record or export it again");
    assert_eq!(
        refusal("Kính gửi bà con".as_bytes()),
        format!("this is a text file, not a recording: {hint}")
    );
    assert_eq!(
        refusal(b"%PDF-1.7\n\x00"),
        format!("this is a PDF document, not a recording: {hint}")
    );
    assert_eq!(
        refusal(b"PK\x03\x04\x14\x00"),
        format!("this is a Word document or a ZIP archive, not a recording: {hint}")
    );
    assert_eq!(
        refusal(b"#!AMR\n\x3c\x00"),
        "AMR (a phone's voice memo) is not read yet: export the recording as MP3, M4A (AAC), FLAC or WAV"
    );
    let noise: Vec<u8> =
        (0..9_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert_eq!(
        refusal(&noise),
        format!("this is a file of an unknown kind, not a recording: {hint}")
    );
    assert_eq!(
        check(Path::new("/")).unwrap_err().to_string(),
        format!("this is a folder, not a recording: {hint}")
    );
    assert_eq!(
        check(Path::new("/nonexistent.mp3")).unwrap_err().to_string(),
        "the recording cannot be opened: check its name and that you may read it"
    );
}

#[test]
fn a_recording_must_last_from_a_second_to_an_hour() {
    assert_eq!(
        refusal(&Wav::default().with(&speech_like(8_000, 1, 0.5))),
        "the recording is shorter than 1 second (500 ms): choose a longer one"
    );
    // Ten hours are refused from the header: nothing of them is there to be decoded.
    let ten_hours = Wav { sample_rate: 8_000, n_claimed: Some(36_000 * 8_000), ..Wav::default() };
    assert_eq!(
        refusal(&ten_hours.with(&speech_like(8_000, 2, 0.5))),
        "the recording lasts 10:00:00 and at most 1:00:00 are taken: cut it into parts"
    );
}

#[test]
fn a_file_that_was_cut_says_where() {
    let wav = Wav { n_claimed: Some(90 * 16_000), ..Wav::default() };
    assert_eq!(
        refusal(&wav.with(&speech_like(16_000, 2, 0.5))),
        "the file ends at 0:02 but should last 1:30: it was cut short, copy or export it again"
    );
}

#[test]
fn what_nobody_would_hear_is_refused() {
    assert_eq!(
        refusal(&Wav::default().with(&vec![0; 32_000])),
        "the recording is silent (-inf LUFS, peak -inf dBTP): check the microphone or the export"
    );
    let hum: Vec<i16> =
        (0..64_000_u32).map(|n| to_i16(turns(f64::from(n) / 320.0) * 0.5)).collect();
    let text = refusal(&Wav::default().with(&hum));
    assert!(
        text.starts_with("the recording has nothing above 300 Hz that a horn can play ("),
        "{text}"
    );
}

#[test]
fn a_voice_far_into_the_rails_is_refused_and_a_little_clipping_is_not() {
    let driven = |gain: f32| check(&*Wav::default().with(&speech_like(16_000, 4, gain)));
    assert!(driven(1.1).is_ok(), "{:?}", driven(1.1));
    let text = driven(4.0).unwrap_err().to_string();
    assert!(text.starts_with("the recording is clipped beyond repair ("), "{text}");
    assert!(text.ends_with("record it again with less gain"), "{text}");
}

#[test]
fn a_header_that_would_cost_memory_is_refused() {
    let crowd = Wav { n_channels: 12, ..Wav::default() };
    let text = refusal(&crowd.with(&vec![1000; 12 * 16_000]));
    assert_eq!(
        text,
        "the file claims 12 channels and at most 8 are taken: export it in stereo or mono"
    );
    // A thousand channels fill a block with nothing else; four billion samples a second are no rate.
    for bomb in [
        Wav { n_channels: 1_000, sample_rate: 8_000, n_claimed: None },
        Wav { n_channels: 1_000, sample_rate: 8_000, n_claimed: Some(u32::MAX / 4_000) },
        Wav { n_channels: 1, sample_rate: 4_000_000_000 / 2, n_claimed: None },
    ] {
        let text = refusal(&bomb.with(&[1_000; 4_000]));
        assert!(
            text.ends_with("or mono")
                || text.ends_with("48000 Hz")
                || text.contains("not a recording"),
            "{text}"
        );
    }
    let odd = Wav { sample_rate: 47_999, ..Wav::default() };
    assert_eq!(
        refusal(&odd.with(&speech_like(16_000, 4, 0.5))),
        "a sample rate of 47999 Hz is not usual for recordings: export it at 44100 or 48000 Hz"
    );
}

#[test]
fn the_same_sound_at_another_rate_and_level_is_found_again() {
    let identity = |wav: Wav, samples: &[i16]| check(&*wav.with(samples)).unwrap().identity;
    let speech = |rate, peak| {
        // No two syllables alike, as in speech.
        let mut samples = speech_like(rate, 6, peak);
        let n_a_syllable = usize::try_from(rate).unwrap() / 4;
        for (at, sample) in samples.iter_mut().enumerate() {
            *sample /= [1, 7, 2, 5, 1, 3, 9][at / n_a_syllable * 5 % 7];
        }
        samples
    };
    let original = identity(Wav::default(), &speech(16_000, 0.8));
    let quiet = Wav { sample_rate: 44_100, ..Wav::default() };
    assert_eq!(original.sameness(&identity(quiet, &speech(44_100, 0.3))), Some(Sameness::Sound));
    let mut backwards = speech(16_000, 0.8);
    backwards.reverse();
    assert_eq!(original.sameness(&identity(Wav::default(), &backwards)), None);
    assert_eq!(original.sameness(&original), Some(Sameness::File));
}

#[test]
fn a_sink_that_fails_ends_the_work() {
    let wav = Wav::default().with(&speech_like(16_000, 2, 0.5));
    let mut n_calls = 0;
    let error = prepare(&*wav, |_| {
        n_calls += 1;
        Err("disk full")
    });
    assert_eq!(error.unwrap_err().to_string(), "the prepared sound could not be written");
    assert_eq!(n_calls, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any level from a whisper to full scale, any usual rate, one or two channels.
    #[test]
    fn what_is_prepared_is_at_the_house_level_and_as_long_as_it_was(
        peak_db in -26.0_f32..0.0,
        rate in proptest::sample::select(vec![8_000_u32, 22_050, 44_100, 48_000]),
        n_channels in 1_u16..=2,
    ) {
        let mono = speech_like(rate, 3, 10_f32.powf(peak_db / 20.0));
        let interleaved: Vec<i16> =
            mono.iter().flat_map(|it| std::iter::repeat_n(*it, usize::from(n_channels))).collect();
        let wav = Wav { sample_rate: rate, n_channels, n_claimed: None }.with(&interleaved);
        let mut pcm = Vec::new();
        let prepared = prepare(&*wav, |block| {
            pcm.extend_from_slice(block);
            Ok::<(), std::io::Error>(())
        }).unwrap();
        let mut meter = Meter::new(1, SAMPLE_RATE);
        meter.add(&pcm);
        let loudness = meter.loudness();
        prop_assert_eq!(prepared.loudness, loudness);
        prop_assert_eq!(pcm.len(), 3 * 48_000);
        prop_assert!((loudness.integrated_lufs - HOUSE_LUFS).abs() <= 1.0, "{}", loudness);
        prop_assert!(loudness.true_peak_dbtp <= CEILING_DBTP, "{}", loudness);
    }

    /// A file damaged anywhere is taken or refused, and never hangs or panics.
    #[test]
    fn damaged_bytes_never_panic(
        at in 0_usize..4_000,
        junk in proptest::collection::vec(any::<u8>(), 1..64),
        cut in 0_usize..32_000,
    ) {
        let mut wav = Wav::default().with(&speech_like(16_000, 1, 0.5));
        for (byte, junk) in wav.iter_mut().skip(at).zip(junk) {
            *byte = junk;
        }
        wav.truncate(cut);
        let _ = check(&*wav);
    }
}
