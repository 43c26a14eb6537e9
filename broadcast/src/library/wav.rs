//! Sixteen-bit mono WAV, the little that is written here: spoken text, and `vong say -o`.

use std::io::{self, Write};

/// Bytes of a header with one `fmt ` and one `data` chunk.
const HEADER_BYTES: u32 = 44;

/// Writes 16-bit mono samples at `sample_rate` Hz as one WAV file.
///
/// Fails as `out` fails, or with `InvalidInput` past 4 GiB, which no hour of sound reaches.
pub fn write_wav(mut out: impl Write, samples: &[i16], sample_rate: u32) -> io::Result<()> {
    let n_bytes = u32::try_from(samples.len())
        .ok()
        .and_then(|n| n.checked_mul(2))
        .filter(|n| *n < u32::MAX - HEADER_BYTES)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "too long for a WAV file"))?;
    out.write_all(b"RIFF")?;
    out.write_all(&(HEADER_BYTES - 8 + n_bytes).to_le_bytes())?;
    out.write_all(b"WAVEfmt ")?;
    out.write_all(&16_u32.to_le_bytes())?;
    out.write_all(&1_u16.to_le_bytes())?; // PCM
    out.write_all(&1_u16.to_le_bytes())?; // one channel
    out.write_all(&sample_rate.to_le_bytes())?;
    out.write_all(&(sample_rate * 2).to_le_bytes())?;
    out.write_all(&2_u16.to_le_bytes())?; // bytes a frame
    out.write_all(&16_u16.to_le_bytes())?; // bits a sample
    out.write_all(b"data")?;
    out.write_all(&n_bytes.to_le_bytes())?;
    for sample in samples {
        out.write_all(&sample.to_le_bytes())?;
    }
    Ok(())
}

/// The 16-bit sample nearest to `sample`; beyond full scale it stays at full scale.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "clamped before")]
pub fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}
