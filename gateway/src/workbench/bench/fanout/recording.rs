//! A recording to upload: noise in bursts, as compressible as speech, so that nothing is fetched for it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

const RATE_HZ: u32 = 16_000;
/// Bursts a second, about the syllables of speech.
const BURSTS_HZ: f64 = 4.0;
const LOUDEST: f64 = 9_000.0;

/// A WAV file of `length` in `folder`.
pub(super) fn write(folder: &Path, length: Duration) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("{}s.wav", length.as_secs()));
    let n_samples = u32::try_from(length.as_secs())?.saturating_mul(RATE_HZ);
    let written = File::create(&path).and_then(|file| samples(file, n_samples));
    written.with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn samples(file: File, n_samples: u32) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    let data_bytes = n_samples.saturating_mul(2);
    out.write_all(b"RIFF")?;
    out.write_all(&data_bytes.saturating_add(36).to_le_bytes())?;
    out.write_all(b"WAVEfmt ")?;
    // PCM, one channel, 16 bits.
    for (value, is_long) in [(16, true), (1, false), (1, false), (RATE_HZ, true)] {
        put(&mut out, value, is_long)?;
    }
    for (value, is_long) in [(RATE_HZ * 2, true), (2, false), (16, false)] {
        put(&mut out, value, is_long)?;
    }
    out.write_all(b"data")?;
    out.write_all(&data_bytes.to_le_bytes())?;
    let (mut state, mut low) = (0x2545_F491_u32, 0.0);
    for n in 0..n_samples {
        // xorshift32 (Marsaglia, 2003), dulled, and swelling as syllables do.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let white = f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0;
        low += 0.3 * (white - low);
        let phase = f64::from(n) / f64::from(RATE_HZ) * BURSTS_HZ * std::f64::consts::PI;
        let value = low * phase.sin().powi(2) * LOUDEST * 2.0;
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "in bounds")]
        let sample = value.clamp(-32_000.0, 32_000.0) as i16;
        out.write_all(&sample.to_le_bytes())?;
    }
    out.flush()
}

fn put(out: &mut impl io::Write, value: u32, is_long: bool) -> io::Result<()> {
    let bytes = value.to_le_bytes();
    out.write_all(if is_long { &bytes } else { &bytes[..2] })
}
