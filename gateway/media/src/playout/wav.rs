//! A file in the place of a horn: a canonical RIFF/WAVE file, 48 kHz mono 16 bit.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::opus::SAMPLE_RATE_HZ;

/// Length of the header with one `fmt ` chunk.
const HEADER_BYTES: u32 = 44;

pub(super) struct WavFile {
    file: BufWriter<File>,
    n_bytes: u32,
}

impl WavFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&header(0))?;
        Ok(Self { file, n_bytes: 0 })
    }

    /// `samples` are little-endian 16 bit.
    pub(super) fn write(&mut self, samples: &[u8]) -> io::Result<()> {
        self.n_bytes = u32::try_from(samples.len())
            .ok()
            .and_then(|it| self.n_bytes.checked_add(it))
            .ok_or_else(|| io::Error::other("a WAV file holds no more than 4 GB"))?;
        self.file.write_all(samples)
    }

    /// Puts the true length into the header.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(self.n_bytes))?;
        file.sync_all()
    }
}

/// "Multimedia Programming Interface and Data Specifications 1.0", page 56: `WAVE_FORMAT_PCM`.
fn header(n_bytes: u32) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(b"RIFF");
    header.extend(n_bytes.saturating_add(HEADER_BYTES - 8).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(SAMPLE_RATE_HZ.to_le_bytes());
    header.extend((SAMPLE_RATE_HZ * 2).to_le_bytes());
    header.extend(2_u16.to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(n_bytes.to_le_bytes());
    header
}
