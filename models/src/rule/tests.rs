//! Rules on walks drawn as text, and what holds for any walk.

mod area;
mod crossing;
mod lifecycle;
mod standing;

use base::Score;

use super::*;
use crate::detection::Rect;

/// Two pixels wide for one high, so that a mix-up of the two shows.
const SIZE: Size = Size { width: 200, height: 100 };
const PICTURE: Duration = Duration::from_millis(200);

/// Five pictures a second.
fn at(picture: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + PICTURE * picture
}

/// The right half of the picture.
fn half() -> Polygon {
    Polygon::new(vec![[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]).unwrap()
}

fn enter() -> RuleKind {
    RuleKind::Enter { area: half() }
}

fn settings(kind: RuleKind) -> RuleSettings {
    RuleSettings { kind, classes: vec![0], hours: Hours::always(), cooldown: Duration::ZERO }
}

/// A person of 20 x 60 pixels whose feet are at `x`, `y`.
fn track(id: u64, [x, y]: [f32; 2], now: Timestamp) -> Track {
    Track {
        id,
        class: 0,
        score: Score::try_from(0.9).unwrap(),
        area: Rect { x: x - 10.0, y: y - 60.0, width: 20.0, height: 60.0 },
        previous: None,
        n_hits: 2,
        first_seen_at: now,
        last_seen_at: now,
        is_standing: false,
        has_moved: true,
        is_fixture: false,
    }
}

/// What the pictures of a walk show of one person, and what a rule says to each.
struct Walk {
    rule: Rule,
    id: u64,
    n_pictures: u32,
    /// When somebody was seen last, not held.
    seen_at: Timestamp,
    /// `-` nothing, `!` raised, `u` updated, `x` cleared; the strongest of several, in this order:
    /// raised, cleared, updated.
    told: String,
    events: Vec<RuleEvent>,
}

impl Walk {
    fn new(settings: RuleSettings) -> Self {
        Self {
            rule: Rule::new(settings),
            id: 1,
            n_pictures: 0,
            seen_at: at(0),
            told: String::new(),
            events: Vec::new(),
        }
    }

    /// One character a picture: `.` nobody, `o` outside the right half, `i` inside, `h` inside and
    /// held, `I` inside under a new id, `<` just outside the border, `>` just inside.
    fn go(&mut self, seen: &str) -> &mut Self {
        for what in seen.chars() {
            let now = self.now();
            self.id += u64::from(what == 'I');
            let x = match what {
                '.' => None,
                'o' => Some(50.0),
                'i' | 'h' => Some(150.0),
                'I' => Some(152.0),
                '<' => Some(97.0),
                '>' => Some(103.0),
                other => panic!("{other} is not in the legend"),
            };
            if x.is_some() && what != 'h' {
                self.seen_at = now;
            }
            let tracks = x.map(|x| track(self.id, [x, 80.0], self.seen_at));
            self.see(&Vec::from_iter(tracks));
        }
        self
    }

    fn now(&self) -> Timestamp {
        at(self.n_pictures)
    }

    fn see(&mut self, tracks: &[Track]) -> &[RuleEvent] {
        let events = self.rule.observe(tracks, SIZE, self.now());
        self.n_pictures += 1;
        let has = |wanted: fn(&RuleEvent) -> bool| events.iter().any(wanted);
        self.told.push(if has(|it| matches!(it, RuleEvent::Raised(_))) {
            '!'
        } else if has(|it| matches!(it, RuleEvent::Cleared { .. })) {
            'x'
        } else if has(|it| matches!(it, RuleEvent::Updated(_))) {
            'u'
        } else {
            '-'
        });
        let n_before = self.events.len();
        self.events.extend(events);
        &self.events[n_before..]
    }

    fn n_raised(&self) -> usize {
        self.events.iter().filter(|it| matches!(it, RuleEvent::Raised(_))).count()
    }
}

/// Everything that a rule says to a walk.
fn told(kind: RuleKind, cooldown: Duration, seen: &str) -> String {
    let mut walk = Walk::new(RuleSettings { cooldown, ..settings(kind) });
    walk.go(seen);
    walk.told.clone()
}

/// The same without updates and ends.
fn raised(kind: RuleKind, cooldown: Duration, seen: &str) -> String {
    told(kind, cooldown, seen).replace(['x', 'u'], "-")
}

#[track_caller]
fn check(kind: RuleKind, seen: &str, expected: &str) {
    assert_eq!(told(kind, Duration::ZERO, seen), expected);
}
