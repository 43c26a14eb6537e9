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
const HEALTHY_AFTER: SignedDuration = SignedDuration::from_secs(60);

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
}

impl Connection {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            state: CameraState::Connecting,
            since: now,
            waits: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            login_waits: Backoff::new(FIRST_LOGIN_WAIT, LONGEST_LOGIN_WAIT),
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
            | TroubleKind::Incomplete => self.waits.next_wait(),
        };
        let is_changed = match &self.state {
            CameraState::Connecting | CameraState::Online => true,
            // The texts of one kind may differ from attempt to attempt: that is no news.
            CameraState::Offline(before) => before.kind != trouble.kind,
        };
        if is_changed {
            self.enter(CameraState::Offline(trouble), now);
        }
        Step { is_changed, reconnect_in: Some(wait.mul_f64(1.0 - dice.clamp(0.0, 1.0) / 4.0)) }
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
    fn a_flapping_camera_is_not_forgiven_before_a_healthy_minute() {
        assert_eq!(play("u#u#u", 0.0).1, [1, 2, 4]);
        let minute = format!("u#u#{}#u", ".".repeat(60));
        assert_eq!(play(&minute, 0.0).1, [1, 2, 1]);
    }

    #[test]
    fn waits_are_spread_over_a_quarter() {
        assert_eq!(play("uuuuuuu", 1.0).1, [0, 1, 3, 6, 12, 24, 45]);
    }

    #[test]
    fn nineteen_cameras_that_are_lost_at_once_come_back_one_after_the_other() {
        // A switch loses its power for ten minutes. Each camera throws dice of its own.
        let mut noise = 7_u32;
        let mut dice = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(noise) / f64::from(u32::MAX)
        };
        let mut connects_ms: Vec<i64> = Vec::new();
        for _ in 0..19 {
            let mut connection = Connection::new(Timestamp::UNIX_EPOCH);
            connection.step(Event::PictureCame, Timestamp::UNIX_EPOCH, dice());
            let mut now_ms: i64 = 0;
            while now_ms < 600_000 {
                let now = Timestamp::from_millisecond(now_ms).unwrap();
                let failed = Event::Failed(trouble(TroubleKind::Unreachable));
                let wait = connection.step(failed, now, dice()).reconnect_in.unwrap();
                now_ms += i64::try_from(wait.as_millis()).unwrap();
                connects_ms.push(now_ms);
            }
        }
        connects_ms.sort_unstable();
        let most_after = |from_ms: i64| {
            let late: Vec<i64> = connects_ms.iter().copied().filter(|it| *it > from_ms).collect();
            let within =
                |at: &i64| late.iter().filter(|it| (*at..*at + 1000).contains(*it)).count();
            late.iter().map(within).max().unwrap()
        };
        // The first tries are near one another, one of each camera; then they drift apart.
        assert!(most_after(0) <= 19, "{}", most_after(0));
        assert!(most_after(30_000) <= 6, "{}", most_after(30_000));
    }
}
