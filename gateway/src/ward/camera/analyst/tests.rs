//! A scripted detector, real tracker, rules, JPEG and disk.

use std::time::Duration;

use base::{Plane, Size, SystemClock};
use models::{Detect, DetectError, Detection, Hours, Polygon, RuleKind};

use super::*;
use crate::config::{Severity, Transport};

/// Sees one person with its feet at a given part of the picture's width, or nobody.
struct Scripted {
    feet: Option<f32>,
    labels: Vec<String>,
}

impl Detect for Scripted {
    fn detect(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        let Size { width, height } = picture.size();
        if height == 0 {
            return Err(DetectError::Picture { width, height, reason: "it is empty" });
        }
        let area = |feet: f32| Rect { x: feet * 64.0 - 8.0, y: 10.0, width: 16.0, height: 30.0 };
        let score = Score::try_from(0.9).unwrap();
        let feet = self.feet.into_iter();
        Ok(feet.map(|feet| Detection { class: 0, score, area: area(feet) }).collect())
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn input(&self) -> Size {
        INPUT
    }
}

fn camera(labels: &[&str]) -> config::Camera {
    let half = vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]];
    let rule = config::Rule {
        id: "gate".parse().unwrap(),
        name: "Cổng".to_owned(),
        kind: RuleKind::Enter { area: Polygon::new(half).unwrap() },
        labels: labels.iter().map(|it| (*it).to_owned()).collect(),
        hours: Hours::always(),
        cooldown: Duration::from_secs(30),
        severity: Severity::Warning,
    };
    config::Camera {
        id: "cam-1".parse().unwrap(),
        name: "Đầu hẻm".to_owned(),
        url: "rtsp://127.0.0.1/street".to_owned(),
        username: None,
        password: None,
        transport: Transport::Tcp,
        rules: vec![rule],
    }
}

fn labels() -> Vec<String> {
    vec!["person".to_owned(), "car".to_owned()]
}

fn sees(labels: &[String]) -> Sees<'_> {
    Sees { labels, input: INPUT }
}

fn outlet(data_dir: &Path) -> (Outlet, mpsc::Receiver<CameraFact>) {
    let (facts, received) = mpsc::channel(8);
    let clock = Arc::new(SystemClock);
    (Outlet { data_dir: data_dir.to_owned(), facts, desk: PictureDesk::default(), clock }, received)
}

const INPUT: Size = Size { width: 416, height: 416 };

/// As a detection thread does it, but all of each picture: nothing moves in these.
fn look(analyst: &mut Analyst, detector: &mut Scripted, picture: &Picture<'_>, at: Timestamp) {
    analyst.plan(picture, at);
    let whole = Look { crop: None, area: Rect::whole(picture.size()) };
    let seen = models::look(detector, picture, &[whole]);
    analyst.absorb(picture, seen, at, CaptureClock::Camera);
}

/// Walks a person through a 64x48 picture, five pictures a second, and gives the alerts.
fn walk(data_dir: &Path, feet: &[Option<f32>]) -> Vec<Alert> {
    let (out, mut facts) = outlet(data_dir);
    let min_score = Score::try_from(0.5).unwrap();
    let mut analyst = Analyst::new(&camera(&["person"]), &sees(&labels()), min_score, out).unwrap();
    let pixels = vec![90; 64 * 48 * 3];
    let size = Size { width: 64, height: 48 };
    let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
    for (index, feet) in feet.iter().enumerate() {
        let mut detector = Scripted { feet: *feet, labels: labels() };
        let since = jiff::SignedDuration::from_millis(200 * i64::try_from(index).unwrap());
        let at = "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + since;
        look(&mut analyst, &mut detector, &picture, at);
    }
    let mut alerts = Vec::new();
    while let Ok(CameraFact::Alert(alert)) = facts.try_recv() {
        alerts.push(*alert);
    }
    alerts
}

/// From the left edge into the zone, where the person stays.
fn arrival() -> Vec<Option<f32>> {
    (0..40_u8).map(|it| Some((0.1 + f32::from(it) * 0.03).min(0.8))).collect()
}

#[test]
fn a_person_who_enters_raises_one_alert_whose_picture_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = walk(dir.path(), &arrival());
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    let alert_of = (alert.label.as_str(), alert.zone.as_str(), alert.rule);
    assert_eq!(alert_of, ("person", "gate", "enter"));
    assert!(alert.area[2] > 0.5, "{:?}", alert.area);
    let Snapshot::Kept(file) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
    let jpeg = std::fs::read(dir.path().join(&file.path)).unwrap();
    assert!(file.path.starts_with("pictures/2026-03-01"), "{}", file.path.display());
    assert_eq!((file.sha256, file.bytes), (Sha256::of(&jpeg), u64::try_from(jpeg.len()).unwrap()));
    assert_eq!(jpeg[..2], [0xFF, 0xD8]);
}

#[test]
fn who_never_enters_raises_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(walk(dir.path(), &[Some(0.2); 20]).is_empty());
    assert!(walk(dir.path(), &[None; 20]).is_empty());
}

#[test]
fn an_alert_goes_out_without_its_picture_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("pictures"), b"a file where a folder should be").unwrap();
    let alerts = walk(dir.path(), &arrival());
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    let Snapshot::Missing { why } = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
    assert!(why.starts_with("the picture cannot be written: "), "{why}");
}

#[test]
fn a_full_disk_is_called_so() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert_eq!(format!("{:#}", in_words(full)), "the disk is full");
}

#[test]
fn a_label_that_the_model_does_not_know_is_refused_by_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let (out, _facts) = outlet(dir.path());
    let min_score = Score::try_from(0.5).unwrap();
    let refused = Analyst::new(&camera(&["person", "dragon"]), &sees(&labels()), min_score, out);
    let text = refused.err().unwrap().to_string();
    let expected =
        "camera.cam-1.rule.gate.labels: the model knows no \"dragon\"; it knows person, car";
    assert_eq!(text, expected);
}

#[test]
fn a_picture_that_cannot_be_looked_at_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (out, mut facts) = outlet(dir.path());
    let desk = out.desk.clone();
    let min_score = Score::try_from(0.5).unwrap();
    let mut analyst = Analyst::new(&camera(&["person"]), &sees(&labels()), min_score, out).unwrap();
    let mut detector = Scripted { feet: None, labels: labels() };
    let empty =
        Picture::Rgb { size: Size { width: 64, height: 0 }, data: Plane { data: &[], stride: 0 } };
    for _ in 0..3 {
        look(&mut analyst, &mut detector, &empty, Timestamp::UNIX_EPOCH);
    }
    assert_eq!(analyst.n_failed, 3);
    assert!(facts.try_recv().is_err() && !desk.take_request());
}
