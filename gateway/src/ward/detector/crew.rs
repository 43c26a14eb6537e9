//! Who looks at which camera, and what to do about a thread that does not come back. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// A look takes tens of milliseconds, on the slowest board a second, and a picture has two at most: a
/// thread that takes longer is stuck. With the time that a check and a new session take, its place is
/// filled within five seconds.
const STUCK_AFTER: Duration = Duration::from_secs(4);
/// A camera whose pictures stopped this many threads in a row is not looked at for a while.
const POISONOUS: u32 = 2;
/// For how long, each time that it does it again. After the last, until the program is restarted: what
/// its pictures do to a model does not pass.
const RESTS: [Duration; 3] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(30)];
/// Threads that never came back and still hold their session: more would fill the memory of a box. From
/// then on a poisonous camera is not tried again, and a box on which nobody else is watched starts afresh.
const MOST_ABANDONED: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Crew {
    workers: Vec<Worker>,
    /// By place.
    places: Vec<Health>,
    next_worker: u64,
}

#[derive(Clone, Copy, Debug)]
struct Worker {
    id: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has no session yet.
    Opening,
    Idle,
    /// In the detector, with a picture of this place.
    Looking {
        place: usize,
        since: Instant,
    },
    /// It died, and its place is to be filled.
    Dead {
        place: usize,
    },
    /// Replaced, and not back yet.
    Abandoned,
    Gone,
}

/// What a camera's pictures did to the threads that looked at them.
#[derive(Clone, Copy, Debug, Default)]
struct Health {
    n_lost_in_a_row: u32,
    rest: Rest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    None,
    Until(Instant),
    /// Until the program is restarted.
    ForGood,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Start another thread: `lost` was looking at a picture of `place`, which is free again.
    Replace { lost: u64, place: usize, why: Why },
    /// Do not look at `place` for so long; `None`: until the program is restarted.
    Rest { place: usize, length: Option<Duration> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Stuck,
    Crashed,
}

impl Why {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Crashed => "crashed",
        }
    }
}

impl Crew {
    pub(super) fn add_place(&mut self) {
        self.places.push(Health::default());
    }

    pub(super) fn hire(&mut self) -> u64 {
        let id = self.next_worker;
        self.next_worker += 1;
        self.workers.push(Worker { id, state: State::Opening });
        id
    }

    /// It has a session.
    pub(super) fn is_ready(&mut self, id: u64) {
        self.set(id, State::Idle);
    }

    /// The thread has ended, whatever it was: nobody waits for it.
    pub(super) fn gone(&mut self, id: u64) {
        self.workers.retain(|it| it.id != id || matches!(it.state, State::Dead { .. }));
    }

    pub(super) fn began(&mut self, id: u64, place: usize, now: Instant) {
        self.set(id, State::Looking { place, since: now });
    }

    /// False where the thread was given up meanwhile: what it found is not wanted any more, since the
    /// camera has gone on, and it is to end.
    pub(super) fn finished(&mut self, id: u64) -> bool {
        match self.state(id) {
            Some(State::Looking { place, .. }) => {
                self.places[place].n_lost_in_a_row = 0;
                self.set(id, State::Idle);
                true
            }
            Some(State::Opening | State::Idle) => true,
            Some(State::Abandoned | State::Dead { .. } | State::Gone) | None => false,
        }
    }

    /// It panicked over a picture of `place`.
    pub(super) fn died(&mut self, id: u64, place: usize) {
        if self.state(id) != Some(State::Abandoned) {
            self.set(id, State::Dead { place });
        }
    }

    pub(super) fn check(&mut self, now: Instant) -> Vec<Effect> {
        let mut effects = Vec::new();
        for at in 0..self.workers.len() {
            let Worker { id, state } = self.workers[at];
            let (place, why) = match state {
                State::Looking { place, since } if now.duration_since(since) > STUCK_AFTER => {
                    (place, Why::Stuck)
                }
                State::Dead { place } => (place, Why::Crashed),
                State::Looking { .. }
                | State::Opening
                | State::Idle
                | State::Abandoned
                | State::Gone => continue,
            };
            let is_full = self.n_abandoned() >= MOST_ABANDONED;
            let holds_nothing = why == Why::Crashed;
            self.workers[at].state = if holds_nothing { State::Gone } else { State::Abandoned };
            effects.push(Effect::Replace { lost: id, place, why });
            effects.extend(self.places[place].lost(is_full, now, place));
        }
        self.workers.retain(|it| it.state != State::Gone);
        effects
    }

    pub(super) fn rests(&self, place: usize, now: Instant) -> bool {
        match self.places[place].rest {
            Rest::None => false,
            Rest::Until(until) => now < until,
            Rest::ForGood => true,
        }
    }

    /// A restart would take the others' eyes away too: not while a thread works and somebody is left for
    /// it to watch.
    pub(super) fn goes_on(&self) -> bool {
        let works = |it: &Worker| matches!(it.state, State::Idle | State::Looking { .. });
        let is_watched = |it: &Health| it.rest != Rest::ForGood;
        self.n_abandoned() < MOST_ABANDONED
            || (self.workers.iter().any(works) && self.places.iter().any(is_watched))
    }

    fn n_abandoned(&self) -> usize {
        self.workers.iter().filter(|it| it.state == State::Abandoned).count()
    }

    pub(super) fn is_left(&self) -> bool {
        self.workers.iter().all(|it| it.state == State::Abandoned)
    }

    fn state(&self, id: u64) -> Option<State> {
        self.workers.iter().find(|it| it.id == id).map(|it| it.state)
    }

    fn set(&mut self, id: u64, state: State) {
        if let Some(worker) = self.workers.iter_mut().find(|it| it.id == id) {
            worker.state = state;
        }
    }
}

impl Health {
    fn lost(&mut self, is_full: bool, now: Instant, place: usize) -> Option<Effect> {
        self.n_lost_in_a_row += 1;
        let n_rests = usize::try_from(self.n_lost_in_a_row.checked_sub(POISONOUS)?).ok()?;
        let length = RESTS.get(n_rests).copied().filter(|_| !is_full);
        self.rest = length.map_or(Rest::ForGood, |length| Rest::Until(now + length));
        Some(Effect::Rest { place, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crew of `n` with two cameras.
    fn crew(n: u64) -> (Crew, Instant) {
        let mut crew = Crew::default();
        crew.add_place();
        crew.add_place();
        for id in 0..n {
            assert_eq!(crew.hire(), id);
            crew.is_ready(id);
        }
        (crew, Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_back_is_replaced_once() {
        let (mut crew, now) = crew(2);
        crew.began(0, 1, now);
        crew.began(1, 0, now);
        assert!(crew.finished(1));
        assert_eq!(crew.check(now + STUCK_AFTER), []);
        let late = now + Duration::from_millis(4100);
        assert_eq!(crew.check(late), [Effect::Replace { lost: 0, place: 1, why: Why::Stuck }]);
        assert_eq!(crew.check(late), []);
        assert!(!crew.finished(0), "what it brings is not wanted any more");
    }

    #[tokio::test(start_paused = true)]
    async fn who_dies_is_replaced_at_the_next_check() {
        let (mut crew, now) = crew(1);
        crew.began(0, 0, now);
        crew.died(0, 0);
        crew.gone(0);
        assert_eq!(crew.check(now), [Effect::Replace { lost: 0, place: 0, why: Why::Crashed }]);
        assert_eq!(crew.check(now), []);
        assert!(crew.workers.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_camera_that_stops_two_in_a_row_rests() {
        let (mut crew, now) = crew(1);
        let lose = |crew: &mut Crew, id: u64| {
            crew.began(id, 0, now);
            crew.died(id, 0);
            crew.check(now).len()
        };
        assert_eq!(lose(&mut crew, 0), 1);
        let id = crew.hire();
        crew.began(id, 0, now);
        assert!(crew.finished(id), "it went well: forgiven");
        assert_eq!(lose(&mut crew, id), 1);
        let id = crew.hire();
        assert_eq!(lose(&mut crew, id), 2);
        assert!(crew.rests(0, now) && !crew.rests(1, now) && !crew.rests(0, now + RESTS[0]));
    }

    /// Has a camera stop a thread after the other, and answers with its rests in minutes; 0: for good.
    fn rests(crew: &mut Crew, place: usize, n: u32, now: &mut Instant) -> Vec<u64> {
        let mut rests = Vec::new();
        for _ in 0..n {
            let id = crew.hire();
            crew.is_ready(id);
            crew.began(id, place, *now);
            *now += Duration::from_secs(5);
            for effect in crew.check(*now) {
                let Effect::Rest { length, .. } = effect else { continue };
                rests.push(length.map_or(0, |it| it.as_secs() / 60));
                *now += length.unwrap_or_default();
            }
        }
        rests
    }

    #[tokio::test(start_paused = true)]
    async fn a_camera_that_does_it_again_and_again_rests_longer_and_then_for_good() {
        let (mut crew, mut now) = crew(1);
        assert_eq!(rests(&mut crew, 0, 5, &mut now), [1, 5, 30, 0]);
        assert!(crew.rests(0, now + Duration::from_hours(1000)));
        assert!(crew.goes_on(), "five threads are lost, and the other camera is watched");
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_camera_can_be_watched_any_more_a_restart_is_tried() {
        let (mut crew, mut now) = crew(1);
        rests(&mut crew, 0, 5, &mut now);
        assert_eq!(rests(&mut crew, 1, 2, &mut now), [0], "no more memory is spent on trying");
        assert!(!crew.goes_on());
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_who_never_came_back_are_no_progress() {
        let (mut crew, now) = crew(0);
        for n in 0..MOST_ABANDONED {
            assert!(crew.goes_on(), "{n}");
            let id = crew.hire();
            crew.is_ready(id);
            crew.began(id, n % 2, now);
            crew.check(now + Duration::from_secs(5));
        }
        let id = crew.hire();
        assert!(!crew.goes_on(), "the next one has no session, and may never get one");
        crew.is_ready(id);
        assert!(crew.goes_on());
        crew.began(id, 0, now);
        crew.check(now + Duration::from_secs(5));
        assert!(!crew.goes_on());
        (0..2).for_each(|it| crew.gone(it));
        assert!(crew.goes_on(), "two came back and ended");
    }
}
