//! What one camera gets of the detector's time, counted without a lock; why it gets none, in words.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use models::{DetectError, Seen};
use tokio::time::Instant;

/// Waits are sorted into this many steps of [`WAIT_STEP`]; the last holds all longer ones.
const N_WAITS: usize = 100;
const WAIT_STEP: Duration = Duration::from_millis(10);
/// A picture older than this is no view of the street of now.
const BLIND_AFTER: Duration = Duration::from_secs(1);
/// Without a good look for this long, something is wrong with the looking: the fullest box gives each
/// camera its turn within a second or two.
const UNSEEN_AFTER: Duration = Duration::from_secs(5);

/// Counts of one camera since it was added.
#[derive(Debug)]
pub struct Figures {
    began_at: Instant,
    n_analysed: AtomicU64,
    n_looks: AtomicU64,
    n_dropped: AtomicU64,
    /// Milliseconds after `began_at` at which the last picture was judged.
    analysed_at_ms: AtomicU64,
    /// The last look went wrong.
    is_failing: AtomicBool,
    n_rests: AtomicU32,
    /// Why there is no sight, while there is none.
    trouble: Mutex<Option<String>>,
    blind_ms: AtomicU64,
    waits: [AtomicU64; N_WAITS],
}

/// All of it at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Pictures that were judged: whether somebody moves, and if so, who.
    pub n_analysed: u64,
    /// Runs of the detector.
    pub n_looks: u64,
    /// Pictures that were never judged, because a newer one came first.
    pub n_dropped: u64,
    /// Milliseconds in which the newest judged picture was older than a second, whatever the reason.
    pub blind_ms: u64,
}

/// Pictures come, and for a while none of them was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ward) struct Unseen {
    /// For people.
    pub(in crate::ward) why: String,
    /// How often it was decided not to look at the camera for a while.
    pub(in crate::ward) n_rests: u32,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            began_at: Instant::now(),
            n_analysed: AtomicU64::default(),
            n_looks: AtomicU64::default(),
            n_dropped: AtomicU64::default(),
            analysed_at_ms: AtomicU64::default(),
            is_failing: AtomicBool::default(),
            n_rests: AtomicU32::default(),
            trouble: Mutex::default(),
            blind_ms: AtomicU64::default(),
            waits: std::array::from_fn(|_| AtomicU64::default()),
        }
    }
}

impl Figures {
    pub(super) fn dropped(&self) {
        self.n_dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waited(&self, wait: Duration) {
        let step = wait.as_millis() / WAIT_STEP.as_millis();
        let step = usize::try_from(step).unwrap_or(N_WAITS).min(N_WAITS - 1);
        self.waits[step].fetch_add(1, Ordering::Relaxed);
    }

    /// A picture had its turn. One that was not worth a look is judged by the looks before it: while
    /// those go wrong, nobody knows what is in it. Answers where looks begin (true) or cease (false) to
    /// go wrong.
    pub(in crate::ward) fn judged(
        &self,
        seen: Result<&Seen, &DetectError>,
        now: Instant,
    ) -> Option<bool> {
        let was_failing = self.is_failing();
        let n_looks = match seen {
            Err(err) => {
                self.blame(err.to_string());
                return (!was_failing).then_some(true);
            }
            Ok(seen) if was_failing && seen.looked_at.is_empty() => return None,
            Ok(seen) => seen.looked_at.len(),
        };
        self.analysed(n_looks, now);
        if was_failing {
            self.is_failing.store(false, Ordering::Relaxed);
            *self.trouble() = None;
        }
        was_failing.then_some(false)
    }

    /// The last look went wrong, and there was none since.
    pub(in crate::ward) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// A look went wrong.
    pub(super) fn blame(&self, why: String) {
        self.is_failing.store(true, Ordering::Relaxed);
        *self.trouble() = Some(why);
    }

    /// The camera is not looked at for a while.
    pub(super) fn rested(&self, why: String) {
        self.n_rests.fetch_add(1, Ordering::Relaxed);
        self.blame(why);
    }

    /// `None`: a picture was judged a moment ago.
    pub(in crate::ward) fn unseen(&self, now: Instant) -> Option<Unseen> {
        let since_ms = millis(now.duration_since(self.began_at));
        let passed = since_ms.saturating_sub(self.analysed_at_ms.load(Ordering::Relaxed));
        let unknown = || "no detection thread came to its pictures".to_owned();
        (passed >= millis(UNSEEN_AFTER)).then(|| Unseen {
            why: self.trouble().clone().unwrap_or_else(unknown),
            n_rests: self.n_rests.load(Ordering::Relaxed),
        })
    }

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn analysed(&self, n_looks: usize, now: Instant) {
        let since_ms = millis(now.duration_since(self.began_at));
        let last_ms = self.analysed_at_ms.swap(since_ms, Ordering::Relaxed);
        self.blind_ms.fetch_add(blind_ms(last_ms, since_ms), Ordering::Relaxed);
        self.n_analysed.fetch_add(1, Ordering::Relaxed);
        self.n_looks.fetch_add(u64::try_from(n_looks).unwrap_or(0), Ordering::Relaxed);
    }

    pub fn watched(&self, now: Instant) -> Watched {
        let since_ms = millis(now.duration_since(self.began_at));
        let last_ms = self.analysed_at_ms.load(Ordering::Relaxed);
        Watched {
            n_analysed: self.n_analysed.load(Ordering::Relaxed),
            n_looks: self.n_looks.load(Ordering::Relaxed),
            n_dropped: self.n_dropped.load(Ordering::Relaxed),
            blind_ms: self.blind_ms.load(Ordering::Relaxed) + blind_ms(last_ms, since_ms),
        }
    }

    /// How many pictures waited for their turn, by steps of 10 ms; the last step holds all from 990 ms
    /// on.
    pub fn waits(&self) -> [u64; N_WAITS] {
        std::array::from_fn(|at| self.waits[at].load(Ordering::Relaxed))
    }
}

fn blind_ms(last_ms: u64, now_ms: u64) -> u64 {
    now_ms.saturating_sub(last_ms).saturating_sub(millis(BLIND_AFTER))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use models::Rect;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_camera_is_blind_from_a_second_after_its_last_picture() {
        let figures = Figures::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let blind = |ms: u64| figures.watched(at(ms)).blind_ms;
        assert_eq!((blind(900), blind(1500)), (0, 500));
        figures.analysed(1, at(1600));
        assert_eq!((blind(1600), blind(2600), blind(2700)), (600, 600, 700));
        figures.analysed(0, at(1800));
        figures.analysed(2, at(3000));
        let expected = Watched { n_analysed: 3, n_looks: 3, n_dropped: 0, blind_ms: 800 };
        assert_eq!(figures.watched(at(3000)), expected);
    }

    /// `L` a look that went well, `.` a picture that was not worth one, `x` a look that went wrong: five a
    /// second. Answers with how many count, how long it was blind, and what is told: `B`egin or `E`nd.
    fn play(script: &str) -> (u64, u64, String) {
        let figures = Figures::default();
        let (mut at, mut told) = (figures.began_at, String::new());
        let size = base::Size { width: 64, height: 48 };
        let wrong = DetectError::Picture { width: 64, height: 48, reason: "the model is broken" };
        for symbol in script.chars() {
            let looked_at = if symbol == 'L' { vec![Rect::whole(size)] } else { Vec::new() };
            let seen = Seen { detections: Vec::new(), looked_at };
            let news = figures.judged(if symbol == 'x' { Err(&wrong) } else { Ok(&seen) }, at);
            told.extend(news.map(|begins| if begins { 'B' } else { 'E' }));
            at += Duration::from_millis(200);
        }
        let watched = figures.watched(at);
        (watched.n_analysed, watched.blind_ms, told)
    }

    #[tokio::test(start_paused = true)]
    async fn a_picture_that_could_not_be_looked_at_is_not_watched() {
        assert_eq!(play("L....L...."), (10, 0, String::new()));
        assert_eq!(play(&"x".repeat(50)), (0, 9000, "B".to_owned()));
        // What is not worth a look proves nothing of a detector that fails.
        assert_eq!(play(&"x....".repeat(10)), (0, 9000, "B".to_owned()));
        assert_eq!(play("Lx..Lx..L"), (3, 0, "BEBE".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_not_looked_at_for_a_while_hears_why() {
        let figures = Figures::default();
        let at = |seconds: u64| figures.began_at + Duration::from_secs(seconds);
        assert_eq!(figures.unseen(at(4)), None);
        let why = |seconds: u64| figures.unseen(at(seconds)).map(|it| it.why);
        assert_eq!(why(5).as_deref(), Some("no detection thread came to its pictures"));
        figures.blame("a thread was stuck".to_owned());
        assert_eq!(why(6).as_deref(), Some("a thread was stuck"));
        let whole = Rect::whole(base::Size { width: 64, height: 48 });
        let seen = Seen { detections: Vec::new(), looked_at: vec![whole] };
        assert_eq!(figures.judged(Ok(&seen), at(7)), Some(false));
        assert_eq!(figures.unseen(at(11)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_sorted_into_steps() {
        let figures = Figures::default();
        for ms in [0, 9, 10, 199, 5000] {
            figures.waited(Duration::from_millis(ms));
        }
        let waits = figures.waits();
        assert_eq!((waits[0], waits[1], waits[19], waits[99]), (2, 1, 1, 1));
    }
}
