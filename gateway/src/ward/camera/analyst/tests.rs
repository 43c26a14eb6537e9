//! A scripted detector, real tracker, rules, JPEG and disk.

mod hidden;

use std::path::Path;
use std::time::Duration;

use base::{Plane, Size, SystemClock};
use models::{Detect, DetectError, Detection, Hours, Polygon, RuleKind};
use tokio::sync::mpsc;

use super::*;
use crate::config::{Severity, Transport};
use crate::ward::alert::{Ending, Update};
use crate::ward::evidence::{self, ClipDesk};
use crate::ward::room::RoomCall;

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
        main_url: None,
        username: None,
        password: None,
        transport: Transport::Tcp,
        purpose: String::new(),
        masks: Vec::new(),
        rules: vec![rule],
    }
}

fn labels() -> Vec<String> {
    vec!["person".to_owned(), "car".to_owned()]
}

fn sees(labels: &[String]) -> Sees<'_> {
    Sees { labels, input: INPUT }
}

/// Wants no clips.
struct NoClips;

impl ClipDesk for NoClips {
    fn cut(&self, _: &Alert) {}
}

fn outlet(data_dir: &Path) -> (Outlet, mpsc::Receiver<CameraFact>) {
    let (facts, received) = mpsc::channel(64);
    let clock = Arc::new(SystemClock);
    let (evidence, _) =
        evidence::start(data_dir.to_owned(), facts, Box::new(NoClips), RoomCall::default())
            .unwrap();
    let (desk, orders) = (PictureDesk::default(), CameraOrders::default());
    let view = watch::Sender::new(CameraView::new(Timestamp::UNIX_EPOCH));
    (Outlet { evidence, desk, orders, view, clock }, received)
}

const INPUT: Size = Size { width: 416, height: 416 };

/// As a detection thread does it, but all of each picture: nothing moves in these.
fn look(analyst: &mut Analyst, detector: &mut Scripted, picture: &Picture<'_>, at: Timestamp) {
    analyst.plan(picture, at);
    let whole = Look { crop: None, area: Rect::whole(picture.size()) };
    let seen = models::look(detector, picture, &[whole]);
    analyst.absorb(picture, seen, at, CaptureClock::Camera);
}

/// What was told of a walk.
#[derive(Debug, Default)]
struct Told {
    raised: Vec<Alert>,
    updated: Vec<Update>,
    cleared: Vec<Ending>,
    tested: Vec<Alert>,
}

/// A camera before which a person walks through a picture of 64x48, five times a second.
struct Walk {
    analyst: Analyst,
    orders: CameraOrders,
    facts: mpsc::Receiver<CameraFact>,
    n_pictures: i64,
}

impl Walk {
    fn new(data_dir: &Path) -> Self {
        let (out, facts) = outlet(data_dir);
        let (min_score, orders) = (Score::try_from(0.5).unwrap(), out.orders.clone());
        let analyst = Analyst::new(&camera(&["person"]), &sees(&labels()), min_score, out).unwrap();
        Self { analyst, orders, facts, n_pictures: 0 }
    }

    fn go(&mut self, feet: &[Option<f32>]) {
        let pixels = vec![90; 64 * 48 * 3];
        let size = Size { width: 64, height: 48 };
        let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
        for feet in feet {
            let mut detector = Scripted { feet: *feet, labels: labels() };
            let since = jiff::SignedDuration::from_millis(200 * self.n_pictures);
            let at = "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + since;
            look(&mut self.analyst, &mut detector, &picture, at);
            self.n_pictures += 1;
        }
    }

    /// Ends the camera; what was told, in the end.
    fn end(self) -> Told {
        let Self { analyst, orders, mut facts, .. } = self;
        drop((analyst, orders));
        let mut told = Told::default();
        while let Some(fact) = facts.blocking_recv() {
            match fact {
                CameraFact::Raised(alert) => told.raised.push(*alert),
                CameraFact::Updated(update) => told.updated.push(update),
                CameraFact::Cleared(ending) => told.cleared.push(ending),
                CameraFact::Tested(alert) => told.tested.push(*alert),
                CameraFact::State(_) | CameraFact::Complaint(_) => {}
            }
        }
        told
    }
}

fn walk(data_dir: &Path, feet: &[Option<f32>]) -> Told {
    let mut walk = Walk::new(data_dir);
    walk.go(feet);
    walk.end()
}

/// From the left edge into the zone, where the person stays.
fn arrival() -> Vec<Option<f32>> {
    (0..40_u8).map(|it| Some((0.1 + f32::from(it) * 0.03).min(0.8))).collect()
}

#[test]
fn a_person_who_enters_raises_one_alert_with_its_picture() {
    let dir = tempfile::tempdir().unwrap();
    let told = walk(dir.path(), &arrival());
    let [alert] = &told.raised[..] else { panic!("{told:?}") };
    assert_eq!((alert.label.as_str(), alert.zone.as_str()), ("person", "gate"));
    assert!(alert.area[2] > 0.5, "{:?}", alert.area);
    let Snapshot::Kept(pictures) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
    assert!((1..=2).contains(&pictures.hidden.len()), "the box as seen, and where it is expected");
    assert!(told.cleared.is_empty(), "the person is still there");
}

#[test]
fn who_never_enters_raises_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(walk(dir.path(), &[Some(0.2); 20]).raised.is_empty());
    assert!(walk(dir.path(), &[None; 20]).raised.is_empty());
}

#[test]
fn an_alert_is_cleared_when_the_person_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut feet = arrival();
    feet.extend(vec![None; 100]);
    let told = walk(dir.path(), &feet);
    let ([alert], [ending]) = (&told.raised[..], &told.cleared[..]) else { panic!("{told:?}") };
    assert_eq!((ending.alert, ending.reason), (alert.id, "gone"));
}

#[test]
fn rules_that_are_edited_while_somebody_stands_there_do_not_tell_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(&arrival());
    let mut rules = camera(&["person"]).rules;
    rules[0].cooldown = Duration::ZERO;
    walk.orders.change_rules(rules);
    walk.go(&[Some(0.8); 20]);
    walk.orders.change_rules(Vec::new());
    walk.go(&[Some(0.8); 3]);
    let told = walk.end();
    assert_eq!(told.raised.len(), 1);
    let [ending] = &told.cleared[..] else { panic!("{told:?}") };
    assert_eq!(ending.reason, "rule_changed");
}

#[test]
fn a_test_takes_the_way_of_an_alert() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.orders.test();
    walk.go(&[None; 3]);
    let told = walk.end();
    let [alert] = &told.tested[..] else { panic!("{told:?}") };
    assert!(matches!(&alert.snapshot, Snapshot::Kept(_)) && alert.rule == "test");
    assert!(told.raised.is_empty());
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
