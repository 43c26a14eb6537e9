//! Numbers that add up, whichever way they are cut.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_month_a_quarter_and_a_year_are_the_wards() {
    let terms = |day| [Term::Month, Term::Quarter, Term::Year].map(|it| it.of(day));
    assert_eq!(terms(date(2026, 1, 31)), ["2026-01", "2026-Q1", "2026"]);
    assert_eq!(terms(date(2026, 4, 1)), ["2026-04", "2026-Q2", "2026"]);
    assert_eq!(terms(date(2026, 12, 31)), ["2026-12", "2026-Q4", "2026"]);
    assert_eq!("quarter".parse(), Ok(Term::Quarter));
    assert!("week".parse::<Term>().is_err());
}

#[test]
fn what_is_missed_or_held_back_was_requested_and_what_was_taken_back_was_not() {
    let mut tally = Tally::new(Term::Month);
    let day = date(2026, 1, 5);
    for (outcome, reason) in [
        (Outcome::Played, None),
        (Outcome::Played, None),
        (Outcome::Missed, Some("no power")),
        (Outcome::Missed, Some("no power")),
        (Outcome::HeldBack, Some("quiet hours")),
        (Outcome::Withdrawn, Some("edited")),
        (Outcome::Open, None),
    ] {
        tally.add(day, "loa-1", outcome, reason, MINUTE);
    }
    let counts = tally.total();
    assert_eq!((counts.requested(), counts.played, counts.withdrawn), (6, 2, 1));
    assert_eq!(counts.sounded, MINUTE * 2);
    assert_eq!(counts.played_per_mille(), Some(400), "of the five that are over");
    let reasons: Vec<_> = tally.reasons().collect();
    assert_eq!(reasons, [(Outcome::Missed, "no power", 2), (Outcome::HeldBack, "quiet hours", 1)]);
    assert_eq!(Counts::default().played_per_mille(), None);
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL.to_vec())
}

proptest! {
    /// Each number is what counting by hand gives, and totals are the sums of their parts.
    #[test]
    fn everything_adds_up(
        wanted in prop::collection::vec((0_i32..1_200, 0_u8..5, outcome(), 1_u64..900), 0..200),
    ) {
        let first = date(2025, 1, 1);
        let day = |n: i32| first.checked_add(jiff::Span::new().days(n)).unwrap();
        let tallies = [Term::Month, Term::Quarter, Term::Year].map(|term| {
            let mut tally = Tally::new(term);
            for (n, cluster, outcome, seconds) in &wanted {
                let reason = outcome.is_silence().then_some("a reason");
                tally.add(day(*n), *cluster, *outcome, reason, Duration::from_secs(*seconds));
            }
            tally
        });
        for tally in &tallies {
            prop_assert_eq!(tally.total(), tallies[0].total());
            for (term, cluster, counts) in tally.rows() {
                let by_hand = |which: Outcome| {
                    let here = wanted.iter().filter(|(n, it, outcome, _)| {
                        tally.term.of(day(*n)) == term && it == cluster && *outcome == which
                    });
                    u64::try_from(here.count()).unwrap()
                };
                let parts = Outcome::ALL.map(by_hand);
                prop_assert_eq!(counts.requested() + counts.withdrawn, parts.iter().sum::<u64>());
                prop_assert_eq!(counts.played, parts[0]);
                prop_assert_eq!(counts.held_back, parts[4]);
                prop_assert!(counts.played_per_mille().is_none_or(|it| it <= 1_000));
            }
        }
        let total = tallies[0].total();
        let n_wanted = u64::try_from(wanted.len()).unwrap();
        prop_assert_eq!(total.requested() + total.withdrawn, n_wanted);
        let told: u64 = tallies[0].reasons().map(|(_, _, n)| n).sum();
        prop_assert_eq!(told, total.partial + total.missed + total.stopped + total.held_back);
    }
}
