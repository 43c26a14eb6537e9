//! Where `vong detect` takes its pictures from.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use models::{Detect, Still};

use super::output::{Looked, Output};

/// Looks at every picture of a folder, in the order of their names. Answers how many could not be
/// read; each of those is named in the log.
pub(super) fn pictures(
    folder: &Path,
    fps: u16,
    detector: &mut dyn Detect,
    output: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    let files = list(folder)?;
    let mut n_refused = 0;
    for (number, path) in (1_u64..).zip(&files) {
        let still = match std::fs::read(path)
            .map_err(anyhow::Error::from)
            .and_then(|bytes| Ok(Still::decode(&bytes)?))
        {
            Ok(still) => still,
            Err(error) => {
                tracing::error!(file = %path.display(), "{error:#}");
                n_refused += 1;
                continue;
            }
        };
        let picture = still.picture();
        let detections = detector.detect(&picture).with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        output.write(&Looked {
            number,
            file: Some(&name),
            time: Duration::from_secs(number - 1) / fps.into(),
            size: picture.size(),
            looked_at: true,
            detections: &detections,
        })?;
    }
    Ok(n_refused)
}

fn list(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("{} is not a readable folder", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if ["jpg", "jpeg", "png"].iter().any(|it| extension == *it) {
            files.push(path);
        }
    }
    anyhow::ensure!(!files.is_empty(), "{} holds no .jpg, .jpeg or .png file", folder.display());
    files.sort();
    Ok(files)
}

/// Looks at a video to its end. Answers 0: a video that breaks is an error.
#[cfg(feature = "gst")]
pub(super) fn video(
    video: &str,
    every_frame: bool,
    detector: &mut dyn Detect,
    output: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    media::init()?;
    let mut gate = models::MotionGate::default();
    let mut detections = Vec::new();
    for (number, frame) in (1_u64..).zip(media::VideoFile::open(Path::new(video))?) {
        let frame = frame?;
        let picture = frame.picture();
        let looked_at = every_frame || gate.moved(&picture);
        if looked_at {
            detections =
                detector.detect(&picture).with_context(|| format!("{video}: frame {number}"))?;
        }
        output.write(&Looked {
            number,
            file: None,
            time: Duration::from_nanos(frame.pts().0),
            size: picture.size(),
            looked_at,
            detections: &detections,
        })?;
    }
    Ok(0)
}

#[cfg(not(feature = "gst"))]
pub(super) fn video(
    _: &str,
    _: bool,
    _: &mut dyn Detect,
    _: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    anyhow::bail!("this build of vong has no video: use the build with GStreamer, or --images")
}
