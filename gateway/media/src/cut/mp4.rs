//! A fragmented MP4 of one H.264 track, written bit by bit: ISO/IEC 14496-12 (boxes) and 14496-15
//! (`avc1`).
//!
//! A fragment is a group of pictures. The header comes first, so a browser plays the file while it
//! loads, and what a power cut leaves of it plays too. Nothing but the duration is written twice.

mod header;
mod order;

use std::io::{self, Seek, SeekFrom, Write};
use std::time::Duration;

use base::Size;
use jiff::Timestamp;

use order::{Timed, in_order};

/// Of movie and track alike: what RTP video counts in, too.
const TICKS_PER_S: u32 = 90_000;
/// How long the last picture stays when nothing tells how far apart pictures are: 25 a second.
const LAST_TICKS: u64 = 3600;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) size: Size,
    /// An `AVCDecoderConfigurationRecord`: the parameter sets.
    pub(crate) config: Vec<u8>,
    pub(crate) began_at: Timestamp,
}

/// A unit with lengths before its NALs, as `avc1` wants them.
#[derive(Debug)]
pub(crate) struct Sample<B> {
    /// When it is shown, since the clip's begin.
    pub(crate) at_ns: i64,
    pub(crate) is_key: bool,
    pub(crate) bytes: B,
}

#[derive(Debug)]
pub(crate) struct Mp4Writer<W, B> {
    file: W,
    /// The group that fills up, and the one before: how long that one's last picture stays is known
    /// when the first of the next is.
    filling: Vec<Sample<B>>,
    full: Vec<Timed<B>>,
    /// The first tick that is not taken.
    end_ticks: u64,
    /// Of the fragment that was written last, and where the header keeps the duration.
    n_fragments: u32,
    duration_at: u64,
    n_samples: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) duration: Duration,
    pub(crate) n_samples: u64,
}

impl<W: Write + Seek, B: AsRef<[u8]>> Mp4Writer<W, B> {
    /// Writes the header.
    pub(crate) fn new(mut file: W, track: &Track) -> io::Result<Self> {
        let (header, duration_at) = header::header(track);
        file.write_all(&header)?;
        Ok(Self {
            file,
            filling: Vec::new(),
            full: Vec::new(),
            end_ticks: 0,
            n_fragments: 0,
            duration_at,
            n_samples: 0,
        })
    }

    /// Samples come in decoding order, a key picture first.
    pub(crate) fn put(&mut self, sample: Sample<B>) -> io::Result<()> {
        if sample.is_key {
            self.turn()?;
        }
        self.n_samples += 1;
        self.filling.push(sample);
        Ok(())
    }

    /// Writes what is left, and how long it all lasts. The file is at its end then.
    pub(crate) fn finish(mut self) -> io::Result<(W, Written)> {
        self.turn()?;
        let usual = usual_step(&self.full);
        let last = self.full.last().map_or(0, |it| it.decode_ticks);
        let end = last + usual;
        self.write_fragment(end)?;
        self.file.seek(SeekFrom::Start(self.duration_at))?;
        self.file.write_all(&end.to_be_bytes())?;
        self.file.seek(SeekFrom::End(0))?;
        let duration = Duration::from_nanos(nanos(end));
        Ok((self.file, Written { duration, n_samples: self.n_samples }))
    }

    /// The group that was filled is full, and the one before can be written.
    fn turn(&mut self) -> io::Result<()> {
        if self.filling.is_empty() {
            return Ok(());
        }
        let next = in_order(std::mem::take(&mut self.filling), self.end_ticks);
        self.end_ticks = next.last().map_or(self.end_ticks, |it| it.decode_ticks + 1);
        let begins = next.first().map_or(self.end_ticks, |it| it.decode_ticks);
        self.write_fragment(begins)?;
        self.full = next;
        Ok(())
    }

    fn write_fragment(&mut self, end_ticks: u64) -> io::Result<()> {
        let group = std::mem::take(&mut self.full);
        if group.is_empty() {
            return Ok(());
        }
        self.n_fragments += 1;
        self.file.write_all(&header::fragment(self.n_fragments, &group, end_ticks)?)?;
        for sample in &group {
            self.file.write_all(sample.bytes.as_ref())?;
        }
        Ok(())
    }
}

/// The middle one of the steps from picture to picture: a gap in the stream does not count.
fn usual_step<B>(group: &[Timed<B>]) -> u64 {
    let mut steps: Vec<u64> =
        group.windows(2).map(|pair| pair[1].decode_ticks - pair[0].decode_ticks).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(LAST_TICKS)
}

fn nanos(ticks: u64) -> u64 {
    ticks * 100_000 / 9
}

#[cfg(test)]
mod tests;
