//! One camera's memory of what it saw: from pictures to alerts. Runs on the detection threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use base::{Clock, DeviceId, Picture, Score, Sha256, Size, new_uuid, write_atomic};
use jiff::Timestamp;
use media::CaptureClock;
use models::{
    DetectError, Gate, Incident, Look, Lookout, Rect, Rule, RuleEvent, Seen, Track, TrackerSettings,
};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{Alert, CameraFact, LatestPicture, PictureDesk, Snapshot, SnapshotFile};
use crate::config;

/// A new track must be this much surer than one that goes on.
const START_MARGIN: f32 = 0.1;

/// Detector in, facts out. Each fact's picture is on disk before the fact is sent.
#[derive(Debug)]
pub struct Analyst {
    camera: DeviceId,
    lookout: Lookout,
    rules: Vec<(config::Rule, Rule)>,
    labels: Vec<String>,
    out: Outlet,
    /// Pictures in a row that the detector could not look at.
    n_failed: u64,
}

/// What a model can see.
#[derive(Clone, Copy, Debug)]
pub struct Sees<'a> {
    pub labels: &'a [String],
    /// The size of its input.
    pub input: Size,
}

/// Where an analyst's findings go.
#[derive(Clone)]
pub struct Outlet {
    pub data_dir: PathBuf,
    pub facts: mpsc::Sender<CameraFact>,
    pub desk: PictureDesk,
    pub clock: Arc<dyn Clock>,
}

impl Analyst {
    /// Refuses rules that the model cannot serve.
    pub fn new(
        camera: &config::Camera,
        model: &Sees<'_>,
        min_score: Score,
        out: Outlet,
    ) -> anyhow::Result<Self> {
        let sure = min_score.get();
        let start = (sure + START_MARGIN).min(1.0);
        let settings = TrackerSettings { sure, start, ..TrackerSettings::default() };
        let rules = camera.rules.iter().map(|rule| {
            let key = format!("camera.{}.rule.{}", camera.id, rule.id);
            let classes = classes(&rule.labels, model.labels, &key)?;
            Ok((rule.clone(), Rule::new(rule.settings(classes))))
        });
        Ok(Self {
            camera: camera.id.clone(),
            lookout: Lookout::new(Gate::Motion, model.input, settings),
            rules: rules.collect::<anyhow::Result<_>>()?,
            labels: model.labels.to_vec(),
            out,
            n_failed: 0,
        })
    }

    pub fn camera(&self) -> &DeviceId {
        &self.camera
    }

    /// What of a picture the detector should look at, often nothing.
    pub fn plan(&mut self, picture: &Picture<'_>, captured_at: Timestamp) -> Vec<Look> {
        self.lookout.plan(picture, captured_at)
    }

    /// What was seen of the picture that was planned last. Blocks while the receiver of the facts is
    /// busy: meanwhile newer pictures replace older ones.
    pub fn absorb(
        &mut self,
        picture: &Picture<'_>,
        seen: Result<Seen, DetectError>,
        captured_at: Timestamp,
        clock: CaptureClock,
    ) {
        let seen = match seen {
            Ok(seen) => seen,
            Err(err) => return self.failed(&err),
        };
        if std::mem::take(&mut self.n_failed) > 0 {
            info!(camera = %self.camera, "detection works again");
        }
        let tracks = self.lookout.absorb(picture, &seen, captured_at);
        if self.out.desk.take_request() {
            show(&self.out.desk, picture, tracks, captured_at);
        }
        for (config, rule) in &mut self.rules {
            for event in rule.observe(tracks, picture.size(), captured_at) {
                let RuleEvent::Raised(incident) = event else { continue };
                let alert = Alert {
                    id: new_uuid(captured_at),
                    camera: self.camera.clone(),
                    zone: config.id.clone(),
                    zone_name: config.name.clone(),
                    rule: config.kind.name(),
                    severity: config.severity,
                    label: self.labels.get(incident.class).cloned().unwrap_or_default(),
                    score: incident.score,
                    track: incident.tracks.first().copied().unwrap_or_default(),
                    area: relative(incident.area, picture.size()),
                    captured_at,
                    clock,
                    raised_at: self.out.clock.now(),
                    snapshot: Snapshot::Missing { why: String::new() },
                };
                self.out.raise(alert, picture, &incident);
            }
        }
    }

    fn failed(&mut self, err: &DetectError) {
        // Once for a row of failures: a broken model fails five times a second.
        if self.n_failed == 0 {
            let err: &dyn std::error::Error = err;
            warn!(camera = %self.camera, err, "a picture could not be looked at");
        }
        self.n_failed += 1;
    }
}

impl Outlet {
    /// The picture first: an alert never names one that may not be there after a power cut.
    fn raise(&self, mut alert: Alert, picture: &Picture<'_>, incident: &Incident) {
        let day = alert.captured_at.strftime("%Y-%m-%d");
        let path = PathBuf::from(format!("pictures/{day}/{}.jpg", alert.id));
        alert.snapshot = match keep(&self.data_dir, &path, picture, incident.area) {
            Ok(file) => Snapshot::Kept(file),
            Err(err) => {
                let why = format!("{err:#}");
                warn!(camera = %alert.camera, why, "an alert goes out without its picture");
                Snapshot::Missing { why }
            }
        };
        // Refused only when the program stops, and then the picture has no alert: a later start
        // finds the object again.
        let _ = self.facts.blocking_send(CameraFact::Alert(Box::new(alert)));
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// The places of a rule's labels among those of the model.
fn classes(wanted: &[String], known: &[String], key: &str) -> anyhow::Result<Vec<usize>> {
    let class = |label: &String| {
        known.iter().position(|it| it == label).with_context(|| {
            format!("{key}.labels: the model knows no {label:?}; it knows {}", known.join(", "))
        })
    };
    wanted.iter().map(class).collect()
}

fn keep(
    data_dir: &Path,
    path: &Path,
    picture: &Picture<'_>,
    area: Rect,
) -> anyhow::Result<SnapshotFile> {
    let jpeg = models::snapshot::jpeg(picture, &[area])?;
    let full = data_dir.join(path);
    let folder = full.parent().unwrap_or(data_dir);
    std::fs::create_dir_all(folder).and_then(|()| write_atomic(&full, &jpeg)).map_err(in_words)?;
    let bytes = u64::try_from(jpeg.len()).unwrap_or(u64::MAX);
    Ok(SnapshotFile { path: path.to_owned(), sha256: Sha256::of(&jpeg), bytes })
}

/// What an operator reads beside an alert without a picture.
fn in_words(err: std::io::Error) -> anyhow::Error {
    if err.kind() == std::io::ErrorKind::StorageFull {
        anyhow::anyhow!("the disk is full")
    } else {
        anyhow::Error::new(err).context("the picture cannot be written")
    }
}

fn show(desk: &PictureDesk, picture: &Picture<'_>, tracks: &[Track], captured_at: Timestamp) {
    let boxes: Vec<Rect> = tracks.iter().map(|it| it.area).collect();
    match models::snapshot::jpeg(picture, &boxes) {
        Ok(jpeg) => desk.put(LatestPicture { jpeg, captured_at }),
        Err(err) => warn!(%err, "a picture could not be encoded"),
    }
}

/// In parts of the picture, cut at its edges: `[left, top, right, bottom]`.
fn relative(area: Rect, size: Size) -> [f32; 4] {
    let part = |pixels: f32, side: u32| {
        let side = u16::try_from(side).map_or(f32::from(u16::MAX), f32::from);
        (pixels / side.max(1.0)).clamp(0.0, 1.0)
    };
    [
        part(area.x, size.width),
        part(area.y, size.height),
        part(area.right(), size.width),
        part(area.bottom(), size.height),
    ]
}

#[cfg(test)]
mod tests;
