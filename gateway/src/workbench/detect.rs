//! `vong detect`: what the detector, the tracker and the rules make of a video or of pictures.

mod output;
mod rules;
mod source;
mod wire;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use base::Score;
use models::{Entry, Labels, RuleSet};

use crate::engine::EngineArgs;
use output::{Format, Output};

/// Look at a video or a folder of pictures, and print what is seen.
///
/// To choose a model or a threshold, run it on footage of your own camera:
///
///   vong detect --video street.mp4 --format jsonl --threshold 0.5 --labels person,car
///   vong detect --images pictures/ --model picodet-s --format coco --threshold 0.01 > results.json
///   vong detect --video street.mp4 --format mot --every-frame > tracks.txt
///
/// To try rules before a camera gets them, write them as [[rule]] tables with the keys of
/// [[camera.rule]] (docs/configuration.md):
///
///   vong detect --video street.mp4 --step 2 --format alerts --rules rules.toml
///
/// Frames count from 1. Boxes are x, y, width, height in pixels of the source, origin at the top
/// left; `category_id` is COCO's. Pictures are turned upright by their EXIF orientation. Only results
/// go to stdout, all else to stderr. A picture that cannot be read is named on stderr, the others
/// are still looked at, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A video file, or rtsp://... of a camera.
    #[arg(long, value_name = "FILE|RTSP", required_unless_present = "images")]
    video: Option<String>,
    /// A folder of JPEG or PNG pictures, taken in the order of their names.
    #[arg(long, value_name = "DIR", conflicts_with = "video")]
    images: Option<PathBuf>,
    /// A model of the manifest: yolox-nano, yolox-nano-int8, picodet-s or coco-ssd-300.
    #[arg(long, value_name = "ID", default_value = "yolox-nano")]
    model: String,
    /// jsonl: one object a frame. coco: one results array; `image_id` is the digits of the file
    /// name, or the frame. mot: `frame,id,x,y,w,h,score,-1,-1,-1` for tracked persons, without the
    /// fixtures: what has not moved since it was first seen, seconds ago, is a sign or a statue.
    /// alerts: one object each time a rule of --rules raises, updates or clears an alert.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Boxes must score more than this, 0 to 1 [default: 0.3; with mot and alerts 0.1: the tracker
    /// needs to see the unsure boxes too, and starts tracks only at sure ones]
    #[arg(long, value_name = "SCORE")]
    threshold: Option<f32>,
    /// Only these classes, separated by commas [default: all; with mot: person]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    labels: Vec<String>,
    /// Look at all of every frame. Without it, a video is looked at as a box does it: where something
    /// moves or somebody is followed, and all of it every ten seconds; `looks` says how often.
    #[arg(long)]
    every_frame: bool,
    /// Take only each Nth frame of a video, as a camera with so many fewer frames a second would
    /// send; frames keep their numbers.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "video", value_parser = clap::value_parser!(u16).range(1..=240))]
    step: u16,
    /// Pictures a second in --images, for the tracker's sense of speed.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=240))]
    images_fps: u16,
    /// For --format alerts: a TOML file of [[rule]] tables. Their hours are passed over, since a
    /// recording does not say when it was made.
    #[arg(long, value_name = "FILE", required_if_eq("format", "alerts"))]
    rules: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let least = args.threshold.unwrap_or(args.format.default_threshold());
    let least = Score::try_from(least).context("--threshold")?;
    let (entry, mut detector) = args.engine.open(&args.model, least)?;
    let wanted = wanted_classes(args, &entry)?;
    let rules = match &args.rules {
        Some(_) if args.format != Format::Alerts => {
            anyhow::bail!("--rules goes with --format alerts")
        }
        Some(_) if !args.labels.is_empty() => {
            anyhow::bail!("--labels does not go with --format alerts: each rule has its own labels")
        }
        Some(file) => rules::read(file, &entry)?,
        None => RuleSet::default(),
    };
    let stdout = io::BufWriter::new(io::stdout().lock());
    let mut output = Output::new(args.format, rules, entry.labels.clone(), wanted, stdout);
    let looked = match (&args.video, &args.images) {
        (Some(video), _) => {
            let pace = source::Pace { every_frame: args.every_frame, step: args.step };
            source::video(video, pace, &mut detector, &mut output)
        }
        (None, Some(folder)) => {
            source::pictures(folder, args.images_fps, &mut detector, &mut output)
        }
        (None, None) => anyhow::bail!("--video or --images is needed"),
    };
    match looked.and_then(|n_refused| Ok((n_refused, output.finish()?.flush()?))) {
        Ok((0, ())) => Ok(ExitCode::SUCCESS),
        Ok((n_refused, ())) => {
            tracing::error!(n_refused, "some pictures could not be read");
            Ok(ExitCode::FAILURE)
        }
        // `vong detect ... | head` is no failure.
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error),
    }
}

fn wanted_classes(args: &Args, entry: &Entry) -> anyhow::Result<Vec<usize>> {
    let all = || (0..entry.labels.names().len()).collect();
    let find = |labels: &Labels, name: &str| {
        labels.find(name).with_context(|| format!("--labels: {} knows no {name:?}", args.model))
    };
    match (args.labels.as_slice(), args.format) {
        ([], Format::Mot) => Ok(vec![find(&entry.labels, "person")?]),
        ([], Format::Jsonl | Format::Coco | Format::Alerts) => Ok(all()),
        (names, _) => names.iter().map(|it| find(&entry.labels, it)).collect(),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
