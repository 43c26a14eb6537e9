//! Who stands costs no look between two scans, and is there all the same: gate, tracker and rules
//! together, on painted pictures, with a scripted detector.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

use std::time::Duration;

use base::{Picture, Plane, Score, Size};
use jiff::Timestamp;
use models::{
    Detect, DetectError, Detection, Gate, Hours, Lookout, Polygon, Rect, RuleEvent, RuleKind,
    RuleSet, RuleSettings, Track, TrackerSettings,
};

const SIZE: Size = Size { width: 640, height: 360 };
/// Large enough for the whole picture: each look is at all of it.
const INPUT: Size = Size { width: 640, height: 640 };
/// People come in at this second, walk for four seconds, and stand from then on.
const ARRIVAL_S: f32 = 30.0;
const WALK_S: f32 = 4.0;
/// By then the tracker and the motion detector have settled, in seconds.
const SETTLED_S: f32 = 60.0;

/// Answers with the boxes that it was given.
struct Scripted {
    boxes: Vec<Rect>,
}

impl Detect for Scripted {
    fn detect(&mut self, _: &Picture<'_>) -> Result<Vec<Detection>, DetectError> {
        let score = Score::try_from(0.9).unwrap();
        Ok(self.boxes.iter().map(|&area| Detection { class: 0, score, area }).collect())
    }

    fn labels(&self) -> &[String] {
        &[]
    }

    fn input(&self) -> Size {
        INPUT
    }
}

fn people_at(second: f32, n: u8) -> Vec<Rect> {
    if second < ARRIVAL_S {
        return Vec::new();
    }
    let walked = 25.0 * (second - ARRIVAL_S).min(WALK_S);
    let left = |it: u8| 20.0 + 110.0 * f32::from(it) + walked;
    (0..n).map(|it| Rect { x: left(it), y: 120.0, width: 40.0, height: 110.0 }).collect()
}

/// A patterned wall, and people as white blocks before it.
fn paint(people: &[Rect]) -> Vec<u8> {
    let mut luma = Vec::new();
    for row in 0..360_u16 {
        for column in 0..640_u16 {
            let wall = 60 + (column / 40 * 13 + row / 30 * 29) % 60;
            let at = [f32::from(column), f32::from(row)];
            let is_person = people.iter().any(|it| it.holds(at));
            luma.push(if is_person { 220 } else { u8::try_from(wall).unwrap() });
        }
    }
    luma
}

/// One camera, five pictures a second.
struct Camera {
    lookout: Lookout,
    n_pictures: u16,
    n_looks_while_standing: usize,
}

impl Camera {
    fn new() -> Self {
        let lookout = Lookout::new(Gate::Motion, INPUT, TrackerSettings::default());
        Self { lookout, n_pictures: 0, n_looks_while_standing: 0 }
    }

    /// The next picture of `n` people, with its second. In the looks of `blind`, counted from when
    /// everybody stands, nobody is found.
    fn see(&mut self, n: u8, blind: &[usize]) -> (f32, Vec<Track>) {
        let second = f32::from(self.n_pictures) / 5.0;
        let people = people_at(second, n);
        let (luma, grey) = (paint(&people), vec![128; 320 * 180]);
        let half = Plane { data: &grey, stride: 320 };
        let y = Plane { data: &luma, stride: 640 };
        let picture = Picture::I420 { size: SIZE, y, u: half, v: half };
        let now = self.now();
        let looks = self.lookout.plan(&picture, now);
        let mut detector = Scripted { boxes: people };
        if second >= SETTLED_S && !looks.is_empty() {
            self.n_looks_while_standing += 1;
            if blind.contains(&self.n_looks_while_standing) {
                detector.boxes.clear();
            }
        }
        let seen = models::look(&mut detector, &picture, &looks).unwrap();
        let tracks = self.lookout.absorb(&picture, &seen, now).to_vec();
        self.n_pictures += 1;
        (second, tracks)
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_millis(200) * u32::from(self.n_pictures)
    }
}

/// What a rule told, as (second, what, how many take part), and how often somebody looked meanwhile.
#[derive(Debug, Default)]
struct Told {
    events: Vec<(f32, String, usize)>,
    n_looks_while_standing: usize,
}

fn watch(kind: RuleKind, n: u8, seconds: u16, blind: &[usize]) -> Told {
    let settings =
        RuleSettings { kind, classes: vec![0], hours: Hours::always(), cooldown: Duration::ZERO };
    let mut rules = RuleSet::new(vec![("cong".parse().unwrap(), settings)]);
    let (mut camera, mut events) = (Camera::new(), Vec::new());
    for _ in 0..seconds * 5 {
        let now = camera.now();
        let (second, tracks) = camera.see(n, blind);
        for (_, event) in rules.observe(&tracks, SIZE, now) {
            let (what, incident) = match event {
                RuleEvent::Raised(it) => ("raised", it),
                RuleEvent::Updated(it) => ("updated", it),
                RuleEvent::Cleared { incident, reason, .. } => (reason.as_str(), incident),
            };
            events.push((second, what.to_owned(), incident.tracks.len()));
        }
    }
    Told { events, n_looks_while_standing: camera.n_looks_while_standing }
}

fn area() -> Polygon {
    Polygon::new(vec![[0.1, 0.0], [1.0, 0.0], [1.0, 1.0], [0.1, 1.0]]).unwrap()
}

impl Told {
    /// One alert, within two seconds of `at`, that goes on to the end.
    #[track_caller]
    fn is_one_alert(&self, at: f32) {
        let but_updates: Vec<_> = self.events.iter().filter(|it| it.1 != "updated").collect();
        let [(second, what, _)] = but_updates[..] else { panic!("{self:?}") };
        assert!(what == "raised" && (at..at + 2.0).contains(second), "{self:?}");
    }
}

#[test]
fn four_who_stand_are_a_crowd_for_as_long_as_they_stand() {
    let crowd = RuleKind::Crowd { area: area(), at_least: 4, dwell: Duration::from_mins(1) };
    let told = watch(crowd, 4, 300, &[]);
    told.is_one_alert(ARRIVAL_S + 60.5);
    assert!(told.events.iter().all(|it| it.2 == 4), "{told:?}");
    // In the four minutes, 1200 pictures, in which nothing moves.
    assert!(told.n_looks_while_standing <= 40, "{told:?}");
}

#[test]
fn one_scan_that_overlooks_somebody_ends_nothing() {
    let enter = || RuleKind::Enter { area: area() };
    let loiter = |seconds| RuleKind::Loiter { area: area(), dwell: Duration::from_secs(seconds) };
    for blind in [&[][..], &[2]] {
        watch(enter(), 1, 200, blind).is_one_alert(ARRIVAL_S + 1.0);
        watch(loiter(30), 1, 200, blind).is_one_alert(ARRIVAL_S + 31.0);
        watch(loiter(60), 1, 200, blind).is_one_alert(ARRIVAL_S + 61.0);
    }
}

#[test]
fn whoever_is_in_the_picture_is_known_in_every_one() {
    let mut camera = Camera::new();
    for _ in 0..600 {
        let (second, _) = camera.see(2, &[]);
        let hidden: Vec<Rect> = camera.lookout.hiding_places(&[0], 0.25).collect();
        for person in people_at(second, 2) {
            let is_hidden = hidden.iter().any(|it| it.share_of(&person) > 0.8);
            assert!(is_hidden, "{second} s: {person:?} is not in {hidden:?}");
        }
    }
}
