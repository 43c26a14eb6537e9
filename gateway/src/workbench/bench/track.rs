//! `vong bench track`: what following people costs, without the detector that finds them.

use std::process::ExitCode;
use std::time::Duration;

use base::{Picture, Plane, Score, Size};
use jiff::Timestamp;
use models::{Detection, Rect, Sighting, Tracker, TrackerSettings};
use rustix::time::ClockId;

use super::detect::{cpu, round, since};
use super::wire;

/// CPU time of the tracker for a picture in which people walk to and fro and hide one another, half
/// of them with a second, unsure box.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// People in each picture.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=200))]
    people: u8,
    /// Pictures, at 5 a second.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..))]
    pictures: u16,
}

const SIZE: Size = Size { width: 640, height: 360 };
const WIDE: u16 = 640;
const HIGH: u16 = 360;
const PAUSE: Duration = Duration::from_millis(200);

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Stripes: every box sees colours that change as it goes.
    let stripes = |rows: u16, columns: u16| -> Vec<u8> {
        let row = move |row| (0..columns).map(move |column| row * 3 + column / 4 * 7);
        (0..rows).flat_map(row).map(|it| u8::try_from(it % 251).unwrap_or_default()).collect()
    };
    let (luma, chroma) = (stripes(HIGH, WIDE), stripes(HIGH / 2, WIDE / 2));
    let y = Plane { data: &luma, stride: usize::from(WIDE) };
    let half = Plane { data: &chroma, stride: usize::from(WIDE / 2) };
    let picture = Picture::I420 { size: SIZE, y, u: half, v: half };
    let looked_at = [Rect::whole(SIZE)];
    let mut tracker = Tracker::new(TrackerSettings::default());
    let (mut spent, mut n_tracks, mut now) = (Duration::ZERO, 0_u64, Timestamp::UNIX_EPOCH);
    for number in 0..args.pictures {
        let mut detections = Vec::new();
        for person in 0..args.people {
            crowd(person, number, &mut detections)?;
        }
        let sighting =
            Sighting { picture: &picture, detections: &detections, looked_at: &looked_at };
        let started = cpu(ClockId::ThreadCPUTime);
        let n_seen = tracker.update(&sighting, now).len();
        spent += since(ClockId::ThreadCPUTime, started);
        n_tracks += u64::try_from(n_seen)?;
        now += PAUSE;
    }
    super::print(
        "track",
        &wire::Track {
            people: args.people,
            pictures: args.pictures,
            tracks: n_tracks,
            cpu_ms_per_picture: round(spent.as_secs_f64() * 1000.0 / f64::from(args.pictures)),
        },
    )
}

/// A walk over the width of the picture and back, each person at their own pace and on their own way.
fn crowd(person: u8, number: u16, to: &mut Vec<Detection>) -> anyhow::Result<()> {
    let way = f32::from(number) * (4.0 + f32::from(person % 7)) % 1200.0;
    let area = Rect {
        x: if way < 600.0 { way } else { 1200.0 - way },
        y: 10.0 + f32::from(person % 10) * 25.0,
        width: 35.0,
        height: 90.0,
    };
    to.push(Detection { class: 0, score: Score::try_from(0.8)?, area });
    if person.is_multiple_of(2) {
        let area = Rect { x: area.x + 4.0, height: 60.0, ..area };
        to.push(Detection { class: 0, score: Score::try_from(0.3)?, area });
    }
    Ok(())
}
