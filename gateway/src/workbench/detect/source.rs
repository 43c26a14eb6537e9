//! Where `vong detect` takes its pictures from.

use std::io::Write;
use std::path::{Path, PathBuf};
#[cfg(feature = "gst")]
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use models::{Detect, Gate, Lookout, Still, TrackerSettings};

use super::output::{Looked, Output};

/// Which frames of a video are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Also those in which nothing moved.
    pub(super) every_frame: bool,
    /// One of so many; at least 1.
    pub(super) step: u16,
}

/// Looks at every picture of a folder, in the order of their names. Answers how many could not be
/// read; each of those is named in the log.
pub(super) fn pictures(
    folder: &Path,
    fps: u16,
    detector: &mut dyn Detect,
    output: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    let files = list(folder)?;
    let mut lookout = Lookout::new(Gate::Open, detector.input(), TrackerSettings::default());
    let mut n_refused = 0;
    for (number, path) in (1_u64..).zip(&files) {
        let still = match read(path) {
            Ok(still) => still,
            Err(error) => {
                tracing::error!(file = %path.display(), "{error:#}");
                n_refused += 1;
                continue;
            }
        };
        let picture = still.picture();
        let time = Duration::from_secs(number - 1) / u32::from(fps);
        let now = Timestamp::UNIX_EPOCH + time;
        let looks = lookout.plan(&picture, now);
        let seen =
            models::look(detector, &picture, &looks).with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        output.write(&Looked {
            number,
            file: Some(&name),
            time,
            size: picture.size(),
            n_looks: looks.len(),
            detections: &seen.detections,
            tracks: lookout.absorb(&picture, &seen, now),
        })?;
    }
    Ok(n_refused)
}

fn read(path: &Path) -> anyhow::Result<Still> {
    Ok(Still::decode(&std::fs::read(path)?)?)
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

/// Looks at a video to its end, or at a camera until it fails. Answers 0: what breaks is an error.
#[cfg(feature = "gst")]
pub(super) fn video(
    video: &str,
    pace: Pace,
    detector: &mut dyn Detect,
    output: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    media::init()?;
    let gate = if pace.every_frame { Gate::Open } else { Gate::Motion };
    let lookout = Lookout::new(gate, detector.input(), TrackerSettings::default());
    let step = u64::from(pace.step);
    let mut watch = Watch { step, detector, output, lookout, n_frames: 0, first_at: None };
    if video.starts_with("rtsp://") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(camera(video, &mut watch))?;
    } else {
        for frame in media::VideoFile::open(Path::new(video))? {
            watch.look(&frame?).with_context(|| video.to_owned())?;
        }
    }
    Ok(0)
}

/// Pictures a second taken from a camera: more than any street camera sends.
#[cfg(feature = "gst")]
const CAMERA_FPS: u32 = 60;

#[cfg(feature = "gst")]
async fn camera(url: &str, watch: &mut Watch<'_, impl Write>) -> anyhow::Result<()> {
    let settings = media::RtspSettings {
        url: url.to_owned(),
        username: None,
        password: None,
        transport: media::RtspTransport::Tcp,
        fps: CAMERA_FPS,
        decoders: media::DecoderMemory::default(),
        masks: media::Masks::default(),
    };
    let mut camera = media::RtspCamera::connect(&settings, Arc::new(base::SystemClock))?;
    loop {
        let seen = camera.next().await?;
        watch.look(&seen.frame)?;
        // Who watches a camera wants to see it now.
        watch.output.flush()?;
    }
}

/// A video being looked at.
#[cfg(feature = "gst")]
struct Watch<'a, W> {
    /// Of so many frames, one is looked at.
    step: u64,
    detector: &'a mut dyn Detect,
    output: &'a mut Output<W>,
    lookout: Lookout,
    n_frames: u64,
    first_at: Option<base::Pts>,
}

#[cfg(feature = "gst")]
impl<W: Write> Watch<'_, W> {
    fn look(&mut self, frame: &media::VideoFrame) -> anyhow::Result<()> {
        self.n_frames += 1;
        if !(self.n_frames - 1).is_multiple_of(self.step) {
            return Ok(());
        }
        let picture = frame.picture();
        let first_at = *self.first_at.get_or_insert(frame.pts());
        let time = Duration::from_nanos(frame.pts().0.saturating_sub(first_at.0));
        let now = Timestamp::UNIX_EPOCH + time;
        let looks = self.lookout.plan(&picture, now);
        let seen = models::look(self.detector, &picture, &looks)
            .with_context(|| format!("frame {}", self.n_frames))?;
        let tracks = self.lookout.absorb(&picture, &seen, now).to_vec();
        self.output.write(&Looked {
            number: self.n_frames,
            file: None,
            time,
            size: picture.size(),
            n_looks: looks.len(),
            detections: self.lookout.known(),
            tracks: &tracks,
        })
    }
}

#[cfg(not(feature = "gst"))]
pub(super) fn video(
    _: &str,
    _: Pace,
    _: &mut dyn Detect,
    _: &mut Output<impl Write>,
) -> anyhow::Result<u64> {
    anyhow::bail!("this build of vong has no video: use the build with GStreamer, or --images")
}
