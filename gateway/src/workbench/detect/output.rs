//! The formats in which `vong detect` prints.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use base::Size;
use jiff::Timestamp;
use models::{ClearReason, Detection, Incident, Labels, Rect, RuleEvent, RuleSet, Track};

use super::wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Jsonl,
    Mot,
    Coco,
    Alerts,
}

/// One picture and what was found in it, of all classes.
#[derive(Debug)]
pub(super) struct Looked<'a> {
    /// Counts from 1.
    pub(super) number: u64,
    pub(super) file: Option<&'a str>,
    /// Since the start of the video.
    pub(super) time: Duration,
    pub(super) size: Size,
    /// Runs of the detector on it.
    pub(super) n_looks: usize,
    /// Where it was not looked at, those of an earlier picture.
    pub(super) detections: &'a [Detection],
    pub(super) tracks: &'a [Track],
}

#[derive(Debug)]
pub(super) struct Output<W> {
    kind: Kind,
    labels: Labels,
    /// Classes to print.
    wanted: Vec<usize>,
    to: W,
}

#[derive(Debug)]
enum Kind {
    Jsonl,
    Mot,
    /// The array is printed as it grows.
    Coco {
        n_results: u64,
    },
    Alerts(RuleSet),
}

impl Format {
    /// ByteTrack feeds on unsure boxes; a person reading does not.
    pub(super) fn default_threshold(self) -> f32 {
        match self {
            Self::Jsonl | Self::Coco => 0.3,
            Self::Mot | Self::Alerts => 0.1,
        }
    }
}

impl<W: Write> Output<W> {
    /// `rules` judge what [`Format::Alerts`] prints.
    pub(super) fn new(
        format: Format,
        rules: RuleSet,
        labels: Labels,
        wanted: Vec<usize>,
        to: W,
    ) -> Self {
        let kind = match format {
            Format::Jsonl => Kind::Jsonl,
            Format::Mot => Kind::Mot,
            Format::Coco => Kind::Coco { n_results: 0 },
            Format::Alerts => Kind::Alerts(rules),
        };
        Self { kind, labels, wanted, to }
    }

    pub(super) fn write(&mut self, looked: &Looked<'_>) -> anyhow::Result<()> {
        let wanted = |it: &&Detection| self.wanted.contains(&it.class);
        let detections: Vec<_> = looked.detections.iter().filter(wanted).copied().collect();
        match self.kind {
            Kind::Jsonl => self.write_object(looked, detections),
            Kind::Mot => self.write_tracks(looked),
            Kind::Coco { .. } => self.write_results(looked, detections),
            Kind::Alerts(_) => self.write_alerts(looked),
        }
    }

    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.to.flush()?)
    }

    /// Ends what is begun; gives the writer back.
    pub(super) fn finish(mut self) -> anyhow::Result<W> {
        match self.kind {
            Kind::Coco { n_results: 0 } => writeln!(self.to, "[]")?,
            Kind::Coco { .. } => writeln!(self.to, "]")?,
            Kind::Jsonl | Kind::Mot | Kind::Alerts(_) => {}
        }
        Ok(self.to)
    }

    fn write_object(&mut self, looked: &Looked<'_>, found: Vec<Detection>) -> anyhow::Result<()> {
        let seen = |it: Detection| wire::Seen {
            label: self.labels.name(it.class).unwrap_or_default(),
            category_id: self.labels.category_id(it.class).unwrap_or_default(),
            score: it.score.get(),
            bbox: bbox(it.area),
        };
        let object = wire::Line {
            frame: looked.number,
            file: looked.file,
            time_ms: millis(looked.time),
            width_px: looked.size.width,
            height_px: looked.size.height,
            looks: looked.n_looks,
            detections: found.into_iter().map(seen).collect(),
        };
        serde_json::to_writer(&mut self.to, &object).map_err(std::io::Error::from)?;
        writeln!(self.to)?;
        Ok(())
    }

    fn write_tracks(&mut self, looked: &Looked<'_>) -> anyhow::Result<()> {
        let now = Timestamp::UNIX_EPOCH + looked.time;
        let is_wanted = |it: &&Track| it.last_seen_at == now && self.wanted.contains(&it.class);
        let wanted = looked.tracks.iter().filter(is_wanted);
        for track in wanted.filter(|it| !it.is_fixture) {
            let Rect { x, y, width, height } = track.area;
            let (frame, id, score) = (looked.number, track.id, track.score.get());
            writeln!(
                self.to,
                "{frame},{id},{x:.2},{y:.2},{width:.2},{height:.2},{score:.4},-1,-1,-1"
            )?;
        }
        Ok(())
    }

    fn write_alerts(&mut self, looked: &Looked<'_>) -> anyhow::Result<()> {
        let Kind::Alerts(rules) = &mut self.kind else { return Ok(()) };
        let now = Timestamp::UNIX_EPOCH + looked.time;
        for (rule, event) in rules.observe(looked.tracks, looked.size, now) {
            let (event, incident, reason) = match event {
                RuleEvent::Raised(it) => ("raised", it, None),
                RuleEvent::Updated(it) => ("updated", it, None),
                RuleEvent::Cleared { incident, reason, .. } => ("cleared", incident, Some(reason)),
            };
            let Incident { id, tracks, class, score, area, began_at, .. } = incident;
            let object = wire::AlertLine {
                event,
                rule: rule.as_str(),
                incident: id,
                frame: looked.number,
                time_ms: millis(looked.time),
                began_ms: began_at.as_millisecond(),
                tracks: &tracks,
                label: self.labels.name(class).unwrap_or_default(),
                score: score.get(),
                bbox: bbox(area),
                reason: reason.map(ClearReason::as_str),
            };
            serde_json::to_writer(&mut self.to, &object).map_err(std::io::Error::from)?;
            writeln!(self.to)?;
        }
        Ok(())
    }

    fn write_results(&mut self, looked: &Looked<'_>, found: Vec<Detection>) -> anyhow::Result<()> {
        let Kind::Coco { n_results } = &mut self.kind else { return Ok(()) };
        let image_id = match looked.file {
            Some(file) => digits(file)?,
            None => looked.number,
        };
        for detection in found {
            self.to.write_all(if *n_results == 0 { b"[" } else { b",\n" })?;
            *n_results += 1;
            let result = wire::CocoResult {
                image_id,
                category_id: self.labels.category_id(detection.class).unwrap_or_default(),
                bbox: bbox(detection.area),
                score: detection.score.get(),
            };
            serde_json::to_writer(&mut self.to, &result).map_err(std::io::Error::from)?;
        }
        Ok(())
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn bbox(area: Rect) -> [f32; 4] {
    [area.x, area.y, area.width, area.height]
}

/// `COCO_val_000000000139.jpg` is picture 139 of its set: the last run of digits would be as good,
/// but COCO's own names have one run only, so all digits are taken.
fn digits(file: &str) -> anyhow::Result<u64> {
    let stem = file.rsplit_once('.').map_or(file, |it| it.0);
    let digits: String = stem.chars().filter(char::is_ascii_digit).collect();
    digits.parse().with_context(|| {
        format!("{file}: --format coco takes image_id from the digits of the file name, and there are none that fit")
    })
}

#[cfg(test)]
mod tests;
