//! What the tests of the player share: orders, and a driver that keeps what it is told to keep.

use std::collections::{BTreeMap, VecDeque};

use super::*;

/// Three seconds to open a sink, one if it must be.
pub(super) fn rules() -> Rules {
    Rules { lead: secs(3), shortest_lead: secs(1), ..Rules::default() }
}

pub(super) fn at(s: i64) -> Timestamp {
    Timestamp::from_second(s).unwrap()
}

pub(super) fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

/// A minute of content called `n`, from second `start` on, with ten minutes' window and catch-up.
pub(super) fn order(n: u8, start: i64) -> Order {
    Order {
        play: PlayId { bulletin: Uuid::from_u128(n.into()), occurrence: at(start) },
        content: Content { sha256: Sha256::of(&[n]), bytes: 1000, duration: secs(60) },
        start_at: at(start),
        play_until: at(start + 600),
        priority: Priority::Normal,
        volume: Volume::FULL,
        owner_level: 1,
        approved_by: "lan".into(),
        resume: Resume::Skip,
        catch_up: secs(300),
    }
}

/// Follows the player's effects as the driver does, and writes down what can be heard and told.
pub(super) struct Scene {
    pub(super) player: Player,
    pub(super) stored: BTreeMap<PlayId, (Order, Stage)>,
    pub(super) barred: BTreeMap<PlayId, Bar>,
    pub(super) heard: BTreeMap<(PlayId, Timestamp), Stretch>,
    pub(super) told: Vec<String>,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) sounds: Vec<Sound>,
    /// A device that mixes, as `dmix` does.
    pub(super) mixes: bool,
    pub(super) is_muted: bool,
    /// Stretches of content that were audible, by play.
    pub(super) content: BTreeMap<PlayId, Vec<(Duration, Duration)>>,
    /// After so many more effects the power fails, in the middle of whatever was to be done.
    pub(super) lives: Option<usize>,
    /// What the sink was told while it sounded: when, and the hour's percent.
    pub(super) volumes: Vec<(i64, u8)>,
}

impl Scene {
    pub(super) fn new(rules: Rules) -> Self {
        let player = Player::restore(rules, [], []);
        Self {
            player,
            stored: BTreeMap::new(),
            barred: BTreeMap::new(),
            heard: BTreeMap::new(),
            told: Vec::new(),
            wake_at: None,
            sounds: Vec::new(),
            mixes: true,
            is_muted: false,
            content: BTreeMap::new(),
            lives: None,
            volumes: Vec::new(),
        }
    }

    pub(super) fn ready() -> Self {
        Self::under(rules())
    }

    pub(super) fn under(rules: Rules) -> Self {
        let mut it = Self::new(rules);
        it.on(0, Event::ClockTrusted(true));
        it
    }

    /// The program dies and starts again: only what was stored is left.
    pub(super) fn restart(&mut self, s: i64) {
        let rules = self.player.rules.clone();
        let barred = self.barred.iter().map(|(play, bar)| (*play, *bar));
        self.player = Player::restore(rules, self.stored.values().cloned(), barred)
            .having_heard(self.heard.values().copied());
        self.sounds_end_with_the_power(s);
        self.lives = None;
        if self.is_muted {
            self.on(s, Event::Muted(true));
        }
        self.on(s, Event::ClockTrusted(true));
        for content in self.player.wanted().collect::<Vec<_>>() {
            self.on(s, Event::ContentCached(content.sha256));
        }
    }

    pub(super) fn sounds_end_with_the_power(&mut self, s: i64) {
        for sound in std::mem::take(&mut self.sounds) {
            self.note(&sound, at(s));
        }
    }

    pub(super) fn cached(&mut self, s: i64, order: &Order) {
        self.on(s, Event::Ordered(order.clone()));
        self.on(s, Event::ContentCached(order.content.sha256));
    }

    pub(super) fn mute(&mut self, s: i64, is_muted: bool) {
        self.is_muted = is_muted;
        self.on(s, Event::Muted(is_muted));
    }

    pub(super) fn is_dead(&self) -> bool {
        self.lives == Some(0)
    }

    /// The only sound there is.
    pub(super) fn sound(&self) -> Option<&Sound> {
        assert!(self.sounds.len() < 2, "two sounds");
        self.sounds.first()
    }

    pub(super) fn on(&mut self, s: i64, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            if self.is_dead() {
                return;
            }
            self.wake_at = None;
            for effect in self.player.on(event, at(s)) {
                if self.is_dead() {
                    return;
                }
                self.lives = self.lives.map(|it| it - 1);
                events.extend(self.carry_out(s, effect));
            }
        }
    }

    fn carry_out(&mut self, s: i64, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Record { order, stage, report } => self.record(s, order, stage, report),
            Effect::Refuse { play, reason } => {
                self.told.push(format!("{s} {} refused {reason}", play.bulletin.as_u128()));
            }
            Effect::Sounded(it) => {
                self.heard.insert((it.play, it.from), it);
            }
            Effect::Play(sound) => {
                let stage = &self.stored[&sound.play].1;
                assert!(matches!(stage, Stage::Playing { .. }), "played before it was stored");
                assert!(self.sounds.len() < 2, "three plays at once");
                if !self.mixes && !self.sounds.is_empty() {
                    let failed = Some("device busy".to_owned());
                    return Some(Event::SoundEnded { play: sound.play, heard: secs(0), failed });
                }
                self.sounds.push(sound);
            }
            Effect::SetVolume { play, level } => {
                let sound = self.sounds.iter_mut().find(|it| it.play == play).unwrap();
                sound.level = level;
                self.volumes.push((s, level.hour.percent()));
            }
            Effect::Silence(play) => {
                let index = self.sounds.iter().position(|it| it.play == play).unwrap();
                let sound = self.sounds.remove(index);
                let heard = self.note(&sound, at(s));
                return Some(Event::SoundEnded { play, heard, failed: None });
            }
            Effect::Bar { play, bar } => {
                self.told.push(format!("{s} {} barred", play.bulletin.as_u128()));
                self.barred.insert(play, bar);
            }
            Effect::WakeAt(at) => self.wake_at = Some(at),
            Effect::Forget(play) => {
                self.stored.remove(&play);
                self.barred.remove(&play);
            }
        }
        None
    }

    fn record(&mut self, s: i64, order: Order, stage: Stage, report: Option<Report>) {
        let n = order.play.bulletin.as_u128();
        if let Some(report) = report {
            let word = match &report {
                Report::Ordered => "ordered".to_owned(),
                Report::Cached => "cached".to_owned(),
                Report::Started { .. } => "started".to_owned(),
                Report::Ended(it) => format!("{} {}", it.kind.as_str(), it.reason),
            };
            self.told.push(format!("{s} {n} {}", word.trim_end()));
        }
        self.stored.insert(order.play, (order, stage));
    }

    /// Writes down what of the content was audible until `at`, and returns how much.
    fn note(&mut self, sound: &Sound, at: Timestamp) -> Duration {
        let left = sound.content.duration.saturating_sub(sound.seek);
        let end = (sound.start_at + left).min(sound.until).min(at);
        let heard = end.duration_since(sound.start_at);
        let heard = if heard.is_negative() { secs(0) } else { heard.unsigned_abs() };
        if !heard.is_zero() {
            let stretch = (sound.seek, sound.seek + heard);
            self.content.entry(sound.play).or_default().push(stretch);
        }
        heard
    }

    /// Lets time pass second by second: timers fire, sounds start and end.
    pub(super) fn until(&mut self, from: i64, to: i64) {
        for s in from..=to {
            if self.wake_at.is_some_and(|it| it <= at(s)) {
                self.on(s, Event::TimerFired);
            }
            for sound in self.sounds.clone() {
                if sound.start_at == at(s) {
                    self.on(s, Event::SoundStarted { play: sound.play, at: at(s) });
                }
                let left = sound.content.duration.saturating_sub(sound.seek);
                if (sound.start_at + left).min(sound.until) <= at(s) && !self.is_dead() {
                    self.sounds.retain(|it| it.play != sound.play);
                    let heard = self.note(&sound, at(s));
                    self.on(s, Event::SoundEnded { play: sound.play, heard, failed: None });
                }
            }
            let audible = self.sounds.iter().filter(|it| it.start_at <= at(s));
            let n_full = audible.filter(|it| !it.level.is_below).count();
            assert!(n_full < 2, "{s}: two at full volume: {:?}", self.sounds);
        }
    }
}
