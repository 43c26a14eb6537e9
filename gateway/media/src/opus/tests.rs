//! Real encodes, read back as Ogg pages.

use super::*;

/// `seconds` of a 440 Hz tone at -12 dB.
fn tone(seconds: f32) -> Vec<f32> {
    let mut phase = 0.0_f32;
    let mut left = seconds * 48_000.0;
    let mut samples = Vec::new();
    while left >= 1.0 {
        samples.push(0.25 * phase.sin());
        phase = (phase + std::f32::consts::TAU * 440.0 / 48_000.0) % std::f32::consts::TAU;
        left -= 1.0;
    }
    samples
}

/// The granule position of the last page (RFC 3533 section 6), and the pre-skip of the first packet
/// (RFC 7845 section 5.1): their difference is the number of 48 kHz samples that a player hears.
fn n_heard(ogg: &[u8]) -> u64 {
    let last = ogg.windows(4).rposition(|it| it == b"OggS").unwrap();
    let granule = u64::from_le_bytes(ogg[last + 6..last + 14].try_into().unwrap());
    let head = ogg.windows(8).position(|it| it == b"OpusHead").unwrap();
    let pre_skip = u16::from_le_bytes(ogg[head + 10..head + 12].try_into().unwrap());
    granule - u64::from(pre_skip)
}

#[test]
fn a_file_holds_every_sample_and_about_the_ordered_bits() {
    let pcm = tone(10.013);
    let ogg = encode_opus(&pcm, STORED_BITRATE_BPS).unwrap();
    assert_eq!(n_heard(&ogg), u64::try_from(pcm.len()).unwrap());
    assert!((30_000..80_000).contains(&ogg.len()), "{} bytes", ogg.len());
}

#[test]
fn blocks_of_any_size_make_a_whole_file_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tone.opus");
    let mut writer = OpusWriter::create(&path, STORED_BITRATE_BPS).unwrap();
    for block in tone(2.0).chunks(777) {
        writer.push(block).unwrap();
    }
    let encoded = writer.finish_synced().unwrap();
    let ogg = std::fs::read(&path).unwrap();
    assert_eq!(encoded.bytes, u64::try_from(ogg.len()).unwrap());
    assert_eq!(Duration::from_nanos(n_heard(&ogg) * 1_000_000_000 / 48_000), encoded.duration);
}

#[test]
fn no_sound_and_a_full_disk_are_errors() {
    assert!(matches!(encode_opus(&[], 48_000), Err(OpusError::Empty)));
    let mut full = OpusWriter::create(Path::new("/dev/full"), STORED_BITRATE_BPS).unwrap();
    let pushed = full.push(&tone(5.0));
    let ended = pushed.map_or_else(Err, |()| full.finish_synced().map(|_| ()));
    assert!(matches!(ended, Err(OpusError::Write(_))), "{ended:?}");
}
