//! When to connect to a camera again, and what to tell of it. Pure: the driver waits and connects.

use std::time::Duration;

use base::Backoff;
use jiff::{SignedDuration, Timestamp};

/// A camera that is back: soon, but not all cameras of a ward at once.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Cameras lock an account after a few wrong passwords, often for half an hour.
const FIRST_LOGIN_WAIT: Duration = Duration::from_mins(1);
const LONGEST_LOGIN_WAIT: Duration = Duration::from_mins(30);
/// Only a connection that held for this long forgives the failures before it.
const HEALTHY_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// A camera that was well a moment ago restarts, as a rule: for as long as that takes the slowest, it is
/// asked again soon.
const RESTARTS_WITHIN: SignedDuration = SignedDuration::from_mins(2);
const LONGEST_RESTART_WAIT: Duration = Duration::from_secs(5);
/// The share of a wait that is left to the dice: what is lost at once does not come back at once.
const SPREAD: f64 = 0.5;

/// What a person sees of a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraState {
    /// Since the start of the program; nothing is known yet.
    Connecting,
    Online,
    /// Tried again and again until a picture comes.
    Offline(Trouble),
}

/// Why a camera gives no pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// For people, in a sentence.
    pub text: String,
}

/// By what somebody would do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    WrongPassword,
    Unreachable,
    NoSuchStream,
    UnsupportedCodec,
    TooLarge,
    Stalled,
    Undecodable,
    Ended,
    /// This machine lacks something.
    Incomplete,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    PictureCame,
    Failed(Trouble),
}

/// What the driver does about an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// The state is another one than before: tell it.
    pub(super) is_changed: bool,
    /// Drop the connection, wait this long, and connect again.
    pub(super) reconnect_in: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) state: CameraState,
    pub(super) since: Timestamp,
    waits: Backoff,
    login_waits: Backoff,
    /// When the last healthy connection gave its last picture.
    healthy_at: Option<Timestamp>,
}

impl Connection {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            state: CameraState::Connecting,
            since: now,
            waits: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            login_waits: Backoff::new(FIRST_LOGIN_WAIT, LONGEST_LOGIN_WAIT),
            healthy_at: None,
        }
    }

    /// `dice` is in `0.0..=1.0`: it spreads the waits, so that a switch that comes back is not met
    /// by all of its cameras' clients in the same instant.
    pub(super) fn step(&mut self, event: Event, now: Timestamp, dice: f64) -> Step {
        match event {
            Event::PictureCame => self.picture_came(now),
            Event::Failed(trouble) => self.failed(trouble, now, dice),
        }
    }

    fn picture_came(&mut self, now: Timestamp) -> Step {
        let is_changed = self.state != CameraState::Online;
        if is_changed {
            self.enter(CameraState::Online, now);
        } else if now.duration_since(self.since) >= HEALTHY_AFTER {
            self.waits.reset();
            self.login_waits.reset();
            self.healthy_at = Some(now);
        }
        Step { is_changed, reconnect_in: None }
    }

    fn failed(&mut self, trouble: Trouble, now: Timestamp, dice: f64) -> Step {
        let wait = match trouble.kind {
            TroubleKind::WrongPassword => self.login_waits.next_wait(),
            TroubleKind::Unreachable
            | TroubleKind::NoSuchStream
            | TroubleKind::UnsupportedCodec
            | TroubleKind::TooLarge
            | TroubleKind::Stalled
            | TroubleKind::Undecodable
            | TroubleKind::Ended
            | TroubleKind::Incomplete => self.waits.next_wait().min(self.longest_wait(now)),
        };
        let is_changed = match &self.state {
            CameraState::Connecting | CameraState::Online => true,
            // The texts of one kind may differ from attempt to attempt: that is no news.
            CameraState::Offline(before) => before.kind != trouble.kind,
        };
        if is_changed {
            self.enter(CameraState::Offline(trouble), now);
        }
        Step { is_changed, reconnect_in: Some(wait.mul_f64(1.0 - dice.clamp(0.0, 1.0) * SPREAD)) }
    }

    fn longest_wait(&self, now: Timestamp) -> Duration {
        let was_well = |at: Timestamp| now.duration_since(at) < RESTARTS_WITHIN;
        if self.healthy_at.is_some_and(was_well) { LONGEST_RESTART_WAIT } else { LONGEST_WAIT }
    }

    fn enter(&mut self, state: CameraState, now: Timestamp) {
        self.state = state;
        self.since = now;
    }
}

impl TroubleKind {
    /// As stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::Unreachable => "unreachable",
            Self::NoSuchStream => "no_such_stream",
            Self::UnsupportedCodec => "unsupported_codec",
            Self::TooLarge => "too_large",
            Self::Stalled => "stalled",
            Self::Undecodable => "undecodable",
            Self::Ended => "ended",
            Self::Incomplete => "incomplete",
        }
    }
}

impl CameraState {
    /// As stored and sent.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline(_) => "offline",
        }
    }
}

impl From<media::CameraError> for Trouble {
    fn from(err: media::CameraError) -> Self {
        use media::CameraError as E;
        let kind = match &err {
            E::Unauthorised => TroubleKind::WrongPassword,
            E::Unreachable { .. } => TroubleKind::Unreachable,
            E::NoSuchStream => TroubleKind::NoSuchStream,
            E::UnsupportedCodec { .. } => TroubleKind::UnsupportedCodec,
            E::TooLarge { .. } => TroubleKind::TooLarge,
            E::Stalled { .. } => TroubleKind::Stalled,
            E::Undecodable { .. } => TroubleKind::Undecodable,
            E::Ended { .. } => TroubleKind::Ended,
            E::MissingElement(_) => TroubleKind::Incomplete,
        };
        Self { kind, text: err.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(kind: TroubleKind) -> Trouble {
        Trouble { kind, text: kind.as_str().to_owned() }
    }

    /// Plays a script, a character a second: `.` nothing, `#` a picture, `u` unreachable, `p` wrong
    /// password. Answers with what was told and with the waits in seconds.
    fn play(script: &str, dice: f64) -> (String, Vec<u64>) {
        let mut connection = Connection::new(Timestamp::UNIX_EPOCH);
        let (mut told, mut waits) = (String::new(), Vec::new());
        for (second, symbol) in script.chars().enumerate() {
            let now = Timestamp::from_second(i64::try_from(second).unwrap()).unwrap();
            let event = match symbol {
                '#' => Event::PictureCame,
                'u' => Event::Failed(trouble(TroubleKind::Unreachable)),
                'p' => Event::Failed(trouble(TroubleKind::WrongPassword)),
                _ => continue,
            };
            let step = connection.step(event, now, dice);
            if step.is_changed {
                assert_eq!(connection.since, now);
                told.push_str(&connection.state.as_str()[..2]);
            }
            waits.extend(step.reconnect_in.map(|it| it.as_secs()));
        }
        (told, waits)
    }

    #[test]
    fn a_lost_camera_is_told_once_and_asked_less_and_less() {
        assert_eq!(play("#uuuuuuuu", 0.0), ("onof".to_owned(), vec![1, 2, 4, 8, 16, 32, 60, 60]));
    }

    #[test]
    fn another_reason_is_news() {
        assert_eq!(play("uupp#", 0.0).0, "ofofon");
    }

    #[test]
    fn a_wrong_password_is_tried_rarely() {
        assert_eq!(play("pppppppp", 0.0).1, [60, 120, 240, 480, 960, 1800, 1800, 1800]);
    }

    #[test]
    fn a_flapping_camera_is_not_forgiven_before_it_was_healthy() {
        assert_eq!(play("u#u#u", 0.0).1, [1, 2, 4]);
        let healthy = format!("u#u#{}#u", ".".repeat(10));
        assert_eq!(play(&healthy, 0.0).1, [1, 2, 1]);
    }

    #[test]
    fn waits_are_spread_over_a_half() {
        assert_eq!(play("uuuuuuu", 1.0).1, [0, 1, 2, 4, 8, 16, 30]);
    }

    #[test]
    fn a_camera_that_was_well_is_asked_soon_for_two_minutes() {
        let well = format!("#{}#", ".".repeat(9));
        let mut waits = play(&format!("{well}{}", "u.........".repeat(14)), 0.0).1;
        assert_eq!(waits.split_off(12), [60, 60]);
        assert_eq!(waits, [1, 2, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5]);
    }

    #[test]
    fn a_camera_that_reboots_every_minute_is_seen_most_of_the_time() {
        // Of each minute it boots for 20 s, when nobody answers.
        let is_up = |second: i64| second.rem_euclid(60) >= 20;
        let (no_answer, stall) = (10, 5);
        let mut connection = Connection::new(Timestamp::UNIX_EPOCH);
        let (mut second, mut n_seen, end) = (0, 0, 3600);
        while second < end {
            if is_up(second) {
                while is_up(second) {
                    let now = Timestamp::from_second(second).unwrap();
                    connection.step(Event::PictureCame, now, 0.0);
                    (second, n_seen) = (second + 1, n_seen + 1);
                }
                second += stall;
            } else {
                second += no_answer;
            }
            let now = Timestamp::from_second(second).unwrap();
            let failed = Event::Failed(trouble(TroubleKind::Unreachable));
            let wait = connection.step(failed, now, 0.0).reconnect_in.unwrap();
            second += i64::try_from(wait.as_secs()).unwrap();
        }
        let possible = end / 60 * 40;
        assert!(n_seen * 100 >= possible * 55, "{n_seen} s of {possible}");
    }

    /// A switch loses its power for so long: when each of 19 cameras and their main streams is tried, and
    /// when it is back, in milliseconds. Each throws dice of its own.
    fn outage(held_s: i64, outage_ms: i64) -> (Vec<i64>, Vec<i64>) {
        let mut noise = 7_u32;
        let mut dice = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(noise) / f64::from(u32::MAX)
        };
        let (mut tries_ms, mut back_ms) = (Vec::new(), Vec::new());
        for _ in 0..2 * 19 {
            let mut connection = Connection::new(Timestamp::UNIX_EPOCH);
            for second in 0..=held_s {
                let now = Timestamp::from_second(second).unwrap();
                connection.step(Event::PictureCame, now, 0.0);
            }
            let mut passed_ms: i64 = 0;
            while passed_ms < outage_ms {
                let now = Timestamp::from_millisecond(held_s * 1000 + passed_ms).unwrap();
                let failed = Event::Failed(trouble(TroubleKind::Unreachable));
                let wait = connection.step(failed, now, dice()).reconnect_in.unwrap();
                passed_ms += i64::try_from(wait.as_millis()).unwrap();
                tries_ms.push(passed_ms);
            }
            back_ms.push(passed_ms);
        }
        tries_ms.sort_unstable();
        (tries_ms, back_ms)
    }

    #[test]
    fn all_cameras_that_are_lost_at_once_come_back_one_after_the_other() {
        let (tries_ms, back_ms) = outage(60, 600_000);
        let most_after = |from_ms: i64| {
            let late: Vec<i64> = tries_ms.iter().copied().filter(|it| *it > from_ms).collect();
            let within = |at: &i64| late.iter().filter(|it| (*at..*at + 50).contains(*it)).count();
            late.iter().map(within).max().unwrap()
        };
        // Chance puts four of the first 38 tries into each 50 ms, and one of the later ones at most.
        assert!(most_after(0) <= 10, "{}", most_after(0));
        assert!(most_after(10_000) <= 5, "{}", most_after(10_000));
        assert!(back_ms.iter().all(|it| *it <= 660_000), "{back_ms:?}");
    }

    #[test]
    fn after_a_short_outage_all_cameras_are_back_within_seconds() {
        let (_, back_ms) = outage(60, 20_000);
        assert!(back_ms.iter().all(|it| *it <= 25_000), "{back_ms:?}");
    }
}
