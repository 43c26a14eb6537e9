//! The three formats in which `vong detect` prints.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use base::Size;
use models::{Detection, Labels, Rect, Track};

use super::wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Jsonl,
    Mot,
    Coco,
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
}

impl Format {
    /// ByteTrack feeds on unsure boxes; a person reading does not.
    pub(super) fn default_threshold(self) -> f32 {
        match self {
            Self::Jsonl | Self::Coco => 0.3,
            Self::Mot => 0.1,
        }
    }
}

impl<W: Write> Output<W> {
    pub(super) fn new(format: Format, labels: Labels, wanted: Vec<usize>, to: W) -> Self {
        let kind = match format {
            Format::Jsonl => Kind::Jsonl,
            Format::Mot => Kind::Mot,
            Format::Coco => Kind::Coco { n_results: 0 },
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
            Kind::Jsonl | Kind::Mot => {}
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
            time_ms: i64::try_from(looked.time.as_millis()).unwrap_or(i64::MAX),
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
        let wanted = looked.tracks.iter().filter(|it| self.wanted.contains(&it.class));
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
mod tests {
    use base::Score;
    use jiff::Timestamp;

    use super::*;

    fn person(x: f32) -> Detection {
        let area = Rect { x, y: 10.0, width: 20.0, height: 50.0 };
        Detection { class: 0, score: Score::try_from(0.75).unwrap(), area }
    }

    fn track(x: f32) -> Track {
        let Detection { class, score, area } = person(x);
        let at = Timestamp::UNIX_EPOCH;
        let (first_seen_at, last_seen_at) = (at, at);
        Track {
            id: 1,
            class,
            score,
            area,
            previous: None,
            n_hits: 2,
            first_seen_at,
            last_seen_at,
            has_moved: true,
            is_standing: false,
            is_fixture: false,
        }
    }

    /// Prints two frames of a person and a dog.
    #[track_caller]
    fn check(format: Format, wanted: Vec<usize>, file: Option<&str>, expected: &str) {
        let mut output = Output::new(format, Labels::coco(), wanted, Vec::new());
        for (number, x) in [(1, 0.0), (2, 1.5)] {
            let detections = &[person(x), Detection { class: 16, ..person(200.0) }];
            let size = Size { width: 640, height: 480 };
            let time = Duration::from_millis(100 * (number - 1));
            let tracks = &[track(x)];
            let looked = Looked { number, file, time, size, n_looks: 1, detections, tracks };
            output.write(&looked).unwrap();
        }
        assert_eq!(String::from_utf8(output.finish().unwrap()).unwrap(), expected);
    }

    #[test]
    fn mot_prints_the_confirmed_tracks() {
        let line =
            |frame: u32, x: &str| format!("{frame},1,{x},10.00,20.00,50.00,0.7500,-1,-1,-1\n");
        let expected = format!("{}{}", line(1, "0.00"), line(2, "1.50"));
        check(Format::Mot, vec![0], None, &expected);
        check(Format::Mot, vec![16], None, "");
    }

    #[test]
    fn coco_is_one_array_with_cocos_numbers() {
        let result = |id: u32, x: &str| {
            format!(
                r#"{{"image_id":12,"category_id":{id},"bbox":[{x},10.0,20.0,50.0],"score":0.75}}"#
            )
        };
        let expected = format!(
            "[{},\n{},\n{},\n{}]\n",
            result(1, "0.0"),
            result(18, "200.0"),
            result(1, "1.5"),
            result(18, "200.0"),
        );
        check(Format::Coco, vec![0, 16], Some("000012.jpg"), &expected);
        check(Format::Coco, vec![5], Some("000012.jpg"), "[]\n");
    }

    #[test]
    fn jsonl_prints_one_object_a_frame() {
        let frame = |number: u32, time: u32, x: &str| {
            format!(
                r#"{{"frame":{number},"time_ms":{time},"width_px":640,"height_px":480,"looks":1,"detections":[{{"label":"person","category_id":1,"score":0.75,"bbox":[{x},10.0,20.0,50.0]}}]}}"#
            )
        };
        let expected = format!("{}\n{}\n", frame(1, 0, "0.0"), frame(2, 100, "1.5"));
        check(Format::Jsonl, vec![0], None, &expected);
    }

    #[test]
    fn a_file_name_without_a_number_has_no_image_id() {
        let error = digits("bus.jpg").unwrap_err();
        assert!(error.to_string().starts_with("bus.jpg: --format coco takes image_id"));
        assert_eq!(digits("000000000139.jpg").unwrap(), 139);
        assert_eq!(digits("frame_7.mp4.png").unwrap(), 74, "all digits before the extension");
    }
}
