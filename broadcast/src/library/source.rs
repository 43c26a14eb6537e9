//! Where a recording's bytes come from, and what can be refused before a sample is decoded.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;
use std::time::Duration;

use base::{Sha256, Sha256Hasher};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{
    MediaSource, MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource,
};
use symphonia::core::meta::MetadataOptions;

use super::decode::{LENGTH_SLACK, unsupported};
use super::other::Container;
use super::sniff::{self, Foreign, HEAD_BYTES, Shape};
use super::{LARGEST_BYTES, LONGEST, Refused, Upload, count as to_u64};

/// Opens the container.
pub(super) fn probe(upload: Upload<'_>) -> Result<(Box<dyn FormatReader + '_>, Shape), Refused> {
    let (source, shape) = open(upload)?;
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let reader = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| not_probed(&error))?;
    Ok((reader, shape))
}

/// What wraps the sound, by the file's first bytes. Only for what [`probe`] has taken.
pub(super) fn container(path: &Path) -> Result<Container, Refused> {
    let mut head = [0; 8];
    File::open(path).and_then(|mut it| it.read_exact(&mut head)).map_err(Refused::Unreadable)?;
    Ok(match head {
        [b'O', b'g', b'g', b'S', ..] => Container::Ogg,
        [0xFF, ..] | [b'I', b'D', b'3', ..] => Container::Adts,
        _ => Container::Mp4,
    })
}

/// Counts a bare stream's frames without decoding them, which is a hundred times as fast: ten
/// hours of MP3 are refused in a second. Damage is left for the decoder to report.
pub(super) fn count(upload: Upload<'_>) -> Result<(), Refused> {
    let (mut reader, _) = probe(upload)?;
    let rate =
        reader.tracks().first().and_then(|it| it.codec_params.as_ref()?.audio()?.sample_rate);
    let Some(rate) = rate.filter(|rate| *rate > 0) else { return Ok(()) };
    // By position: a packet behind what a Xing header claims has no length of its own.
    let mut n_frames = 0_u64;
    while let Ok(Some(packet)) = reader.next_packet() {
        n_frames = u64::try_from(packet.pts.get()).unwrap_or_default();
    }
    let duration = Duration::from_millis(n_frames.saturating_mul(1000) / u64::from(rate));
    if duration > LONGEST + LENGTH_SLACK {
        return Err(Refused::TooLong { duration });
    }
    Ok(())
}

/// Of the file as it came.
pub(super) fn hash(upload: Upload<'_>) -> Result<Sha256, Refused> {
    let mut hasher = Sha256Hasher::default();
    match upload {
        Upload::Bytes(bytes) => hasher.update(bytes),
        Upload::File(path) => {
            let mut file = File::open(path).map_err(Refused::Unreadable)?;
            let mut block = vec![0; 64 << 10];
            loop {
                match file.read(&mut block).map_err(Refused::Unreadable)? {
                    0 => break,
                    n => hasher.update(block.get(..n).unwrap_or_default()),
                }
            }
        }
    }
    Ok(hasher.finish())
}

fn open(upload: Upload<'_>) -> Result<(Box<dyn MediaSource + '_>, Shape), Refused> {
    match upload {
        Upload::File(path) => {
            let mut file = File::open(path).map_err(Refused::Unreadable)?;
            let metadata = file.metadata().map_err(Refused::Unreadable)?;
            if metadata.is_dir() {
                return Err(Refused::NotAudio { what: "a folder" });
            }
            let mut head = Vec::new();
            file.by_ref()
                .take(to_u64(HEAD_BYTES))
                .read_to_end(&mut head)
                .and_then(|_| file.rewind())
                .map_err(Refused::Unreadable)?;
            let shape = judge_head(&head, metadata.len())?;
            let source: Box<dyn MediaSource> = if shape == Shape::BareStream {
                Box::new(ReadOnlySource::new(file))
            } else {
                Box::new(file)
            };
            Ok((source, shape))
        }
        Upload::Bytes(bytes) => {
            let n_bytes = to_u64(bytes.len());
            let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
            let shape = judge_head(head, n_bytes)?;
            let cursor = Cursor::new(bytes);
            let source: Box<dyn MediaSource + '_> = if shape == Shape::BareStream {
                Box::new(ReadOnlySource::new(cursor))
            } else {
                Box::new(cursor)
            };
            Ok((source, shape))
        }
    }
}

/// How the file says where it ends; refuses what need not be decoded to be refused.
fn judge_head(head: &[u8], n_bytes: u64) -> Result<Shape, Refused> {
    if head.is_empty() {
        return Err(Refused::Empty);
    }
    if n_bytes > LARGEST_BYTES {
        return Err(Refused::TooLarge { bytes: n_bytes });
    }
    match sniff::what_else(head) {
        Some(Foreign::NotAudio(what)) => Err(Refused::NotAudio { what }),
        Some(Foreign::Unread(codec)) => Err(unsupported(codec)),
        None => Ok(sniff::shape(head, n_bytes)),
    }
}

fn not_probed(error: &Error) -> Refused {
    let missing_index = match error {
        Error::DecodeError(text) | Error::Unsupported(text) => text.contains("moov"),
        Error::IoError(error) => error.kind() == std::io::ErrorKind::UnexpectedEof,
        Error::SeekError(_) | Error::LimitError(_) | Error::ResetRequired | _ => false,
    };
    if missing_index {
        Refused::IndexMissing
    } else {
        Refused::NotAudio { what: "a file of an unknown kind" }
    }
}
