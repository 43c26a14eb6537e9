//! A scripted detector, real tracker, rules, JPEG and disk.

mod failing;
mod hidden;

use std::path::Path;
use std::time::Duration;

use base::{Plane, Size, SystemClock};
use models::{Detect, DetectError, Detection, Hours, Polygon, RuleKind};
use tokio::sync::mpsc;

use super::*;
use crate::config::{Severity, Transport};
use crate::ward::alert::{Ending, News, Update};
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

const STREET: Picture<'static> = Picture::Rgb {
    size: Size { width: 64, height: 48 },
    data: Plane { data: &[90; 64 * 48 * 3], stride: 64 * 3 },
};
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
    complaints: Vec<(&'static str, bool)>,
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
        for feet in feet {
            let mut detector = Scripted { feet: *feet, labels: labels() };
            let at = self.next_at();
            look(&mut self.analyst, &mut detector, &STREET, at);
        }
    }

    /// So many pictures that the model makes nothing of.
    fn fail(&mut self, n: usize) {
        for _ in 0..n {
            let at = self.next_at();
            self.analyst.plan(&STREET, at);
            let wrong = DetectError::Picture { width: 64, height: 48, reason: "it is broken" };
            self.analyst.absorb(&STREET, Err(wrong), at, CaptureClock::Camera);
        }
    }

    /// Seconds before a wall of bricks of its own.
    fn see(&mut self, wall: u32, seconds: usize) {
        let mut noise = wall;
        let mut brick = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            40 + u8::try_from(noise >> 25).unwrap()
        };
        let bricks: Vec<u8> = std::iter::repeat_with(&mut brick).take(8 * 6).collect();
        let pixel = |at: usize| bricks[at / 64 / 8 * 8 + at % 64 / 8];
        let pixels: Vec<u8> = (0..64 * 48 * 3).map(|it| pixel(it / 3)).collect();
        let size = Size { width: 64, height: 48 };
        for _ in 0..seconds * 5 {
            let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
            let at = self.next_at();
            look(&mut self.analyst, &mut Scripted { feet: None, labels: labels() }, &picture, at);
        }
    }

    fn plan(&mut self) -> Vec<Look> {
        let at = self.next_at();
        self.analyst.plan(&STREET, at)
    }

    fn next_at(&mut self) -> Timestamp {
        let since = SignedDuration::from_millis(200 * self.n_pictures);
        self.n_pictures += 1;
        "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + since
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
                CameraFact::Complaint(change) => {
                    told.complaints.push((change.complaint.as_str(), change.begins));
                }
                CameraFact::State(_) => {}
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
fn the_alerts_of_a_camera_that_is_gone_end_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(&arrival());
    walk.n_pictures += 60 * 5;
    let at = walk.next_at();
    walk.analyst.end(at);
    walk.n_pictures += 60 * 5;
    walk.go(&arrival());
    walk.go(&[None; 20]);
    let told = walk.end();
    let ([first, second], [ending]) = (&told.raised[..], &told.cleared[..]) else {
        panic!("{told:?}")
    };
    assert_eq!((ending.alert, ending.reason, ending.at), (first.id, "camera_offline", at));
    assert!(told.updated.iter().all(|it| it.alert == second.id || it.at < at), "{told:?}");
}

/// What the lens tells of a camera that is turned, where its rules are edited twenty seconds later.
fn turned(edit: impl FnOnce(&CameraOrders)) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.see(1, 60);
    walk.see(2, 20);
    edit(&walk.orders);
    walk.see(2, 40);
    walk.end().complaints.contains(&("moved", true))
}

#[test]
fn only_who_draws_on_the_picture_says_that_the_scene_is_right() {
    let rules = camera(&["person"]).rules;
    let mut longer = rules.clone();
    longer[0].cooldown = Duration::from_mins(5);
    let mut drawn = rules.clone();
    let corner = vec![[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]];
    drawn[0].kind = RuleKind::Enter { area: Polygon::new(corner).unwrap() };
    assert!(turned(|_| {}));
    assert!(turned(|orders| orders.draw_rules(longer)), "another time is no other shape");
    assert!(turned(|orders| orders.change_rules(drawn.clone())), "nobody looked");
    assert!(!turned(|orders| orders.draw_rules(drawn)));
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
fn a_slow_disk_does_not_hold_up_what_is_timed() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(&arrival());
    let desk = walk.analyst.out.evidence.clone();
    let flood = std::thread::spawn(move || {
        for _ in 0..200 {
            let update = || {
                let news = News::NoClip { why: String::new() };
                let (camera, at) = ("cam-1".parse().unwrap(), Timestamp::UNIX_EPOCH);
                Update { alert: uuid::Uuid::nil(), camera, at, news }
            };
            desk.leave(Finding::Told(CameraFact::Updated(update())));
        }
    });
    // Nobody reads the facts: the queues behind them fill up.
    while walk.facts.len() < walk.facts.max_capacity() {
        std::thread::yield_now();
    }
    walk.orders.change_rules(Vec::new());
    let (planned_tx, planned) = std::sync::mpsc::channel();
    let planning = std::thread::spawn(move || {
        walk.plan();
        planned_tx.send(()).unwrap();
        walk
    });
    let in_time = planned.recv_timeout(Duration::from_secs(10));
    assert!(in_time.is_ok(), "it waits for the disk");
    let mut walk = planning.join().unwrap();
    while walk.facts.try_recv().is_ok() || !flood.is_finished() {}
    walk.go(&[None]);
    assert_eq!(walk.end().cleared.len(), 1, "what it found is told with the next looks");
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
