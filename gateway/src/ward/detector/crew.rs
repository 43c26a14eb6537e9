//! Who looks at which camera, and what to do about a thread that does not come back. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// A look takes tens of milliseconds, on the slowest board a second, and a picture has two at most: a
/// thread that takes longer is stuck. With the time that a check and a new session take, its place is
/// filled within five seconds.
const STUCK_AFTER: Duration = Duration::from_secs(4);
/// A camera whose pictures stopped this many threads in a row is not looked at for a while.
const POISONOUS: u32 = 2;
const REST: Duration = Duration::from_mins(1);
/// Threads that never came back and still hold their session: more would fill the memory of a box.
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
    rests_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Start another thread: `lost` was looking at a picture of `place`, which is free again.
    Replace { lost: u64, place: usize, why: Why },
    /// Do not look at `place` before `until`.
    Rest { place: usize, until: Instant },
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
        self.workers.push(Worker { id, state: State::Idle });
        id
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
            Some(State::Idle) => true,
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
                State::Looking { .. } | State::Idle | State::Abandoned | State::Gone => continue,
            };
            let holds_nothing = why == Why::Crashed;
            self.workers[at].state = if holds_nothing { State::Gone } else { State::Abandoned };
            effects.push(Effect::Replace { lost: id, place, why });
            let health = &mut self.places[place];
            health.n_lost_in_a_row += 1;
            if health.n_lost_in_a_row >= POISONOUS {
                let until = now + REST;
                health.rests_until = Some(until);
                effects.push(Effect::Rest { place, until });
            }
        }
        self.workers.retain(|it| it.state != State::Gone);
        effects
    }

    pub(super) fn rests(&self, place: usize, now: Instant) -> bool {
        self.places[place].rests_until.is_some_and(|until| now < until)
    }

    pub(super) fn goes_on(&self) -> bool {
        self.workers.iter().filter(|it| it.state == State::Abandoned).count() < MOST_ABANDONED
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
        assert!(crew.rests(0, now) && !crew.rests(1, now) && !crew.rests(0, now + REST));
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_who_never_came_back_are_no_progress() {
        let (mut crew, now) = crew(0);
        for n in 0..MOST_ABANDONED {
            assert!(crew.goes_on(), "{n}");
            let id = crew.hire();
            crew.began(id, n % 2, now);
            crew.check(now + Duration::from_secs(5));
        }
        assert!(!crew.goes_on());
        crew.gone(0);
        assert!(crew.goes_on(), "one came back and ended");
    }
}
