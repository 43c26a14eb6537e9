//! A cluster between its orders, on one clock that sleeps and another that tells the time.

use broadcast::prefetch::Place;
use broadcast::quiet::QuietHours;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::*;

const NOON: &str = "2026-01-05T12:00:00Z";

struct Bench {
    queue: Queue,
    shelf: Vec<Content>,
    began: Instant,
    elapsed: Duration,
    knows_time: bool,
}

fn content(n: u8) -> Content {
    Content { sha256: Sha256::of(&[n]), bytes: 1_000, duration: Duration::from_mins(1) }
}

/// Content `n`, first played `hours` after noon.
fn needed(n: u8, hours: i64) -> Needed {
    let noon: Timestamp = NOON.parse().unwrap();
    Needed { content: content(n), at: noon + SignedDuration::from_hours(hours) }
}

impl Bench {
    /// Nights are 21:00 to 06:00; what is needed within six hours does not wait for one.
    fn new() -> Self {
        let prefetch = Prefetch {
            off_peak: Some(QuietHours::night(TimeZone::UTC)),
            within: Duration::from_hours(6),
            spread: Duration::from_mins(5),
            place: Place::default(),
        };
        let queue = Queue::new(prefetch);
        let shelf = Vec::new();
        Self { queue, shelf, began: Instant::now(), elapsed: Duration::ZERO, knows_time: true }
    }

    fn now(&self) -> Now {
        let noon: Timestamp = NOON.parse().unwrap();
        let box_time = self.knows_time.then(|| noon + self.elapsed);
        Now { instant: self.began + self.elapsed, box_time }
    }

    fn want(&mut self, wanted: &[Needed]) {
        let now = self.now();
        self.queue.take_up(wanted, &self.shelf, now);
    }

    /// As on a cluster that has none of it.
    fn want_missing(&mut self, wanted: &[Needed]) {
        self.want(wanted);
        for it in wanted {
            self.queue.is_missing(it.content.sha256);
        }
    }

    /// Whether the player hears of it.
    fn arrived(&mut self, n: u8) -> bool {
        let now = self.now();
        self.queue.is_here(content(n).sha256, now)
    }

    fn next(&self) -> Next {
        self.queue.next(self.now()).unwrap()
    }

    fn wait_of(&self, next: Next) -> Duration {
        next.due.saturating_duration_since(self.now().instant)
    }
}

#[test]
fn what_may_be_here_already_is_looked_for_before_anything_is_fetched() {
    let mut bench = Bench::new();
    bench.want_missing(&[needed(1, 1)]);
    bench.want(&[needed(1, 1), needed(2, 100)]);
    let next = bench.next();
    assert_eq!((next.content, next.is_look), (content(2), true));
    bench.arrived(2);
    assert_eq!((bench.next().content, bench.next().is_look), (content(1), false));
}

#[test]
fn the_soonest_play_goes_first_and_takes_the_place_of_one_under_way() {
    let mut bench = Bench::new();
    bench.want_missing(&[needed(1, 4)]);
    assert_eq!(bench.next().content, content(1));
    bench.want_missing(&[needed(1, 4), needed(2, 2)]);
    assert_eq!(bench.next().content, content(2));
    bench.arrived(2);
    assert_eq!(bench.next().content, content(1));
}

#[test]
fn what_is_needed_in_days_waits_for_the_night_until_it_is_needed_sooner() {
    let mut bench = Bench::new();
    bench.want_missing(&[needed(1, 100)]);
    assert_eq!(bench.wait_of(bench.next()), Duration::from_hours(9));
    assert_eq!(bench.queue.changes_at(bench.now()), Some(bench.next().due));
    bench.elapsed = Duration::from_hours(1);
    bench.want(&[needed(1, 3)]);
    assert_eq!(bench.wait_of(bench.next()), Duration::ZERO);
    bench.want(&[needed(1, 100)]);
    bench.elapsed = Duration::from_hours(9);
    assert_eq!(bench.wait_of(bench.next()), Duration::ZERO);
}

#[test]
fn without_the_time_it_is_fetched_after_a_minute() {
    let mut bench = Bench::new();
    bench.knows_time = false;
    bench.want_missing(&[needed(1, 100)]);
    assert_eq!(bench.wait_of(bench.next()), WITHOUT_TIME);
    // Learnt in time.
    bench.knows_time = true;
    bench.want(&[needed(1, 100)]);
    assert_eq!(bench.wait_of(bench.next()), Duration::from_hours(9));
}

#[test]
fn a_failure_lets_others_go_first_and_the_third_wrong_file_is_the_last() {
    let mut bench = Bench::new();
    bench.want_missing(&[needed(1, 1), needed(2, 2)]);
    let sha256 = content(1).sha256;
    let now = bench.now();
    assert!(bench.queue.failed(sha256, true, now).is_some());
    assert_eq!(bench.next().content, content(2));
    bench.elapsed = LONGEST_WAIT;
    assert_eq!(bench.next().content, content(1));
    // A broken link is no reason to give up.
    for _ in 0..9 {
        assert!(bench.queue.failed(sha256, false, now).is_some());
    }
    assert!(bench.queue.failed(sha256, true, now).is_some());
    assert_eq!(bench.queue.failed(sha256, true, now), None);
}

#[test]
fn what_is_over_is_not_begun_again_before_it_is_wished_for_anew() {
    let mut bench = Bench::new();
    bench.want_missing(&[needed(1, 1)]);
    bench.arrived(1);
    bench.want(&[needed(1, 1)]);
    assert_eq!(bench.queue.next(bench.now()), None);
    bench.want(&[]);
    bench.want(&[needed(1, 1)]);
    assert!(bench.next().is_look);
}

#[test]
fn the_shelf_is_fetched_in_its_order_by_day_and_behind_every_play() {
    let mut bench = Bench::new();
    bench.shelf = vec![content(9), content(8)];
    bench.want_missing(&[needed(1, 5)]);
    assert!(bench.next().content == content(1) && !bench.next().is_look);
    assert!(bench.arrived(1));
    for n in [9, 8] {
        assert_eq!((bench.next().content, bench.next().is_look), (content(n), true));
        bench.queue.is_missing(content(n).sha256);
    }
    assert_eq!((bench.next().content, bench.wait_of(bench.next())), (content(9), Duration::ZERO));
    // What plays in days waits for the night; what plays soon is not kept waiting.
    bench.want_missing(&[needed(1, 5), needed(2, 100)]);
    assert_eq!(bench.next().content, content(9));
    bench.want(&[needed(3, 4)]);
    assert_eq!((bench.next().content, bench.next().is_look), (content(3), true));
    bench.arrived(3);
    assert!(!bench.arrived(9), "no play waits for it");
    assert_eq!((bench.next().content, bench.queue.n_here(&bench.shelf)), (content(8), 1));
}

#[test]
fn what_is_on_the_shelf_and_ordered_as_well_is_the_plays() {
    let mut bench = Bench::new();
    bench.shelf = vec![content(1)];
    bench.want(&[]);
    bench.queue.is_missing(content(1).sha256);
    // While it is under way.
    bench.want(&[needed(1, 1)]);
    assert!(bench.next().is_look && bench.next().content == content(1));
    assert!(bench.arrived(1), "the player waits for it");
    assert_eq!(bench.queue.n_here(&bench.shelf), 1);
    // The player has it and wishes for nothing: it is looked at as the shelf's, and still counts.
    bench.want(&[]);
    assert!(bench.next().is_look && bench.queue.n_here(&bench.shelf) == 1);
    // Ordered once more, though it is here: the player hears of it again.
    bench.arrived(1);
    bench.want(&[needed(1, 1)]);
    assert!(bench.next().is_look && bench.arrived(1));
}

#[test]
fn a_sound_that_never_comes_is_asked_for_ever_more_rarely_and_never_given_up() {
    let mut bench = Bench::new();
    bench.shelf = vec![content(1)];
    bench.want(&[]);
    bench.queue.is_missing(content(1).sha256);
    let mut n_tries = 0;
    while bench.elapsed < Duration::from_hours(24) {
        bench.elapsed += bench.wait_of(bench.next());
        let now = bench.now();
        assert!(bench.queue.failed(content(1).sha256, true, now).is_some());
        n_tries += 1;
    }
    assert!((144..=160).contains(&n_tries), "{n_tries}");
    assert_eq!(bench.queue.n_here(&bench.shelf), 0);
}

#[test]
fn the_shelf_is_looked_at_again_every_day_until_it_is_taken_down() {
    let mut bench = Bench::new();
    bench.shelf = vec![content(1)];
    bench.want(&[]);
    bench.arrived(1);
    assert_eq!((bench.wait_of(bench.next()), bench.next().is_look), (LOOK_AGAIN, true));
    bench.elapsed = LOOK_AGAIN;
    bench.queue.is_missing(content(1).sha256);
    assert_eq!((bench.wait_of(bench.next()), bench.next().is_look), (Duration::ZERO, false));
    assert_eq!(bench.queue.n_here(&bench.shelf), 0);
    bench.shelf.clear();
    bench.want(&[]);
    assert_eq!(bench.queue.next(bench.now()), None);
}
