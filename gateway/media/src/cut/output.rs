//! The file that a clip becomes: opened with the first unit, hashed and named when all are in.

use std::io::{self, Read as _, Seek as _};
use std::path::Path;
use std::time::Duration;

use base::{NewFile, Sha256, Sha256Hasher, Size};
use gstreamer as gst;
use jiff::Timestamp;

use super::CutError;
use super::chain::ChainError;
use super::encoder::Encoded;
use super::mp4::{Mp4Writer, Sample, Track};
use super::treat::Flow;
use crate::ring::Edge;

const BLOCK_BYTES: usize = 64 * 1024;

type Mapped = gst::MappedBuffer<gst::buffer::Readable>;

#[derive(Debug)]
pub(crate) struct Output<'a> {
    path: &'a Path,
    /// When the first picture was taken that can be in the file.
    began_at: Option<Timestamp>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    writer: Mp4Writer<NewFile, Mapped>,
    track: Track,
    /// The file's time begins with its first picture: a decoder may have left out those before.
    first_ns: i64,
}

#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) duration: Duration,
    pub(crate) n_frames: u64,
    pub(crate) n_bytes: u64,
    pub(crate) sha256: Sha256,
    pub(crate) codec: String,
    pub(crate) size: Size,
    pub(crate) began_at: Timestamp,
}

impl<'a> Output<'a> {
    pub(crate) fn new(path: &'a Path) -> Self {
        Self { path, began_at: None, open: None }
    }
}

impl Output<'_> {
    /// Of the first picture on its way; later ones change nothing.
    pub(crate) fn put_captured_at(&mut self, captured_at: Timestamp) {
        self.began_at.get_or_insert(captured_at);
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.open.is_some()
    }

    /// What cannot be decoded ends a clip, and spoils one that has not begun.
    pub(crate) fn give_up(&self, err: &ChainError) -> Result<Flow, CutError> {
        if self.is_begun() {
            return Ok(Flow::Break(Edge::Undecodable));
        }
        Err(CutError::Broken { why: err.to_string() })
    }

    pub(crate) fn put_all(
        &mut self,
        units: impl Iterator<Item = Encoded>,
    ) -> Result<Flow, CutError> {
        for unit in units {
            let flow = self.put(unit)?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue(()))
    }

    fn put(&mut self, unit: Encoded) -> Result<Flow, CutError> {
        let is_key = !unit.buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let track = track(&unit.caps, self.began_at).ok_or_else(|| nothing_to_play("no size"))?;
        if self.open.is_none() {
            if !is_key {
                return Ok(Flow::Continue(()));
            }
            let file = NewFile::create(self.path).map_err(|err| self.refused(err))?;
            let writer = Mp4Writer::new(file, &track).map_err(|err| self.refused(err))?;
            self.open = Some(Open { writer, track: track.clone(), first_ns: unit.at_ns });
        }
        let open = self.open.as_mut().expect("opened above");
        if open.track != track {
            return Ok(Flow::Break(Edge::StreamChanged));
        }
        let bytes = unit.buffer.into_mapped_buffer_readable();
        let bytes = bytes.map_err(|_| nothing_to_play("its memory cannot be mapped"))?;
        let at_ns = unit.at_ns - open.first_ns;
        let written = open.writer.put(Sample { at_ns, is_key, bytes });
        written.map(Flow::Continue).map_err(|err| self.refused(err))
    }

    /// Syncs, hashes and names the file.
    pub(crate) fn finish(mut self) -> Result<Finished, CutError> {
        let Some(Open { writer, track, .. }) = self.open.take() else {
            return Err(nothing_to_play("no picture of it can be decoded"));
        };
        let finish = || {
            let (mut file, written) = writer.finish()?;
            let (sha256, n_bytes) = hash(&mut file)?;
            file.commit()?;
            Ok((written, sha256, n_bytes))
        };
        let (written, sha256, n_bytes) = finish().map_err(|err| self.refused(err))?;
        Ok(Finished {
            duration: written.duration,
            n_frames: written.n_samples,
            n_bytes,
            sha256,
            codec: codec(&track),
            size: track.size,
            began_at: track.began_at,
        })
    }

    fn refused(&self, source: io::Error) -> CutError {
        let path = self.path.to_owned();
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            CutError::StorageFull { path }
        } else {
            CutError::Unwritable { path, source }
        }
    }
}

fn nothing_to_play(why: &str) -> CutError {
    CutError::Broken { why: why.to_owned() }
}

fn track(caps: &gst::Caps, began_at: Option<Timestamp>) -> Option<Track> {
    let stream = caps.structure(0)?;
    let side = |name: &str| stream.get::<i32>(name).ok().and_then(|it| u32::try_from(it).ok());
    let config = stream.get::<gst::Buffer>("codec_data").ok()?;
    let config = config.map_readable().ok()?.to_vec();
    let size = Size { width: side("width")?, height: side("height")? };
    Some(Track { size, config, began_at: began_at.unwrap_or_default() })
}

/// Profile, constraints and level stand behind the version in the parameter sets (RFC 6381 section 3.3).
fn codec(track: &Track) -> String {
    let level = track.config.iter().skip(1).take(3);
    level.fold("avc1.".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// The file is small and still in the page cache; it is read in blocks all the same.
fn hash(file: &mut NewFile) -> io::Result<(Sha256, u64)> {
    file.rewind()?;
    let mut hasher = Sha256Hasher::default();
    let mut block = vec![0; BLOCK_BYTES];
    let mut n_bytes = 0;
    loop {
        match file.read(&mut block)? {
            0 => return Ok((hasher.finish(), n_bytes)),
            n => {
                hasher.update(&block[..n]);
                n_bytes += u64::try_from(n).unwrap_or(0);
            }
        }
    }
}
