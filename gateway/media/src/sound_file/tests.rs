//! Against files that our own encoder wrote.

use std::f32::consts::TAU;

use super::*;
use crate::encode_opus;

fn tone(n_samples: u16) -> Vec<f32> {
    (0..n_samples).map(|n| (f32::from(n) * 700.0 / 48_000.0 * TAU).sin() * 0.5).collect()
}

fn decode(bytes: &[u8], container: SoundContainer) -> Result<(usize, SoundFormat), SoundError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let mut sound = SoundFile::open(file.path(), container, SoundCodec::Opus)?;
    let (mut block, mut n_samples, mut format) = (Vec::new(), 0, None);
    while let Some(of_block) = sound.next_block(&mut block)? {
        n_samples += block.len();
        format = Some(of_block);
    }
    format.map(|it| (n_samples, it)).ok_or_else(|| SoundError::Broken("no sound".to_owned()))
}

#[test]
fn what_was_encoded_comes_back_whole() {
    let bytes = encode_opus(&tone(60_000), 48_000).unwrap();
    let (n_samples, format) = decode(&bytes, SoundContainer::Ogg).unwrap();
    assert_eq!(format, SoundFormat { sample_rate: 48_000, n_channels: 1 });
    // The encoder's delay may be left in, and its padding.
    assert!(n_samples.abs_diff(60_000) <= 1_920, "{n_samples}");
}

#[test]
fn junk_is_an_error_and_never_a_wait() {
    let junk: Vec<u8> =
        (0..50_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert!(decode(&junk, SoundContainer::Ogg).is_err());
    assert!(decode(&junk, SoundContainer::Mp4).is_err());
    let mut damaged = encode_opus(&tone(60_000), 48_000).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0x55);
    // Whatever was whole may be given; what follows must end.
    let _ = decode(&damaged, SoundContainer::Ogg);
}
