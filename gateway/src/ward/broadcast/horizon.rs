//! How far ahead plays are ordered, and how many at most. Pure.

use std::time::Duration;

use broadcast::reconciliation::{Change, Known, PlayStage};
use jiff::Timestamp;

/// Orders go out this long ahead, so that a ward plays a week with every link cut. A cluster takes none
/// that starts more than eight days ahead (`Order::check`).
pub(crate) const LOOK_AHEAD: Duration = Duration::from_hours(7 * 24);
/// What starts within this is ordered, however much there is of it.
const NEAR: Duration = Duration::from_hours(24);
/// So many open plays end the looking further ahead: about 36 a day for a week. A cluster keeps them all
/// in memory and in its database, at about a kilobyte each.
const MOST_OPEN: usize = 256;

/// `changes` without the orders that lie further ahead than a cluster has room for: the soonest are kept, and
/// the others come when they are nearer.
pub(super) fn bounded(changes: Vec<Change>, known: &[Known], now: Timestamp) -> Vec<Change> {
    let is_open = |it: &&Known| it.stage == PlayStage::Ordered && !it.is_closed;
    let opens = |it: &Change| opens_at(it, known);
    let n_open = known.iter().filter(is_open).count();
    let near = now.checked_add(NEAR).unwrap_or(Timestamp::MAX);
    let mut far: Vec<Timestamp> =
        changes.iter().filter_map(opens).filter(|it| *it > near).collect();
    far.sort_unstable();
    let n_near = changes.iter().filter_map(opens).filter(|it| *it <= near).count();
    let room = MOST_OPEN.saturating_sub(n_open + n_near);
    // The first that there is no room for; what starts with it waits as well.
    let Some(end) = far.get(room).copied() else { return changes };
    changes.into_iter().filter(|it| opens(it).is_none_or(|at| at <= near || at < end)).collect()
}

/// The start of a play that a change orders.
fn opens_at(change: &Change, known: &[Known]) -> Option<Timestamp> {
    match change {
        Change::Order(start) => Some(start.start_at),
        Change::Promote(id) => known.iter().find(|it| it.id == *id).map(|it| it.start_at),
        Change::HoldBack(..) | Change::Missed(..) | Change::Withdraw(..) | Change::Forget(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use broadcast::PlayId;
    use uuid::Uuid;

    use broadcast::reconciliation::{Start, Told};

    use super::*;

    fn at(hour: usize) -> Timestamp {
        Timestamp::from_second(i64::try_from(hour * 3_600).unwrap()).unwrap()
    }

    fn id(hour: usize) -> PlayId {
        PlayId { bulletin: Uuid::nil(), occurrence: at(hour) }
    }

    /// Ordered, `hour` after now.
    fn order(hour: usize) -> Change {
        Change::Order(Start { id: id(hour), recurrence: at(hour), start_at: at(hour) })
    }

    fn open(hour: usize) -> Known {
        Known {
            id: id(hour),
            start_at: at(hour),
            stage: PlayStage::Ordered,
            is_closed: false,
            play_until: at(hour + 1),
            is_approved: true,
            is_called_off: false,
            told: Told::NotYet,
            recurrence: at(hour),
        }
    }

    fn starts(changes: &[Change]) -> Vec<Timestamp> {
        changes.iter().filter_map(|it| opens_at(it, &[])).collect()
    }

    #[test]
    fn a_week_of_an_ordinary_ward_is_ordered_whole() {
        let changes: Vec<Change> = (1..168).map(order).collect();
        assert_eq!(bounded(changes.clone(), &[], at(0)), changes);
    }

    #[test]
    fn what_a_cluster_has_no_room_for_waits_and_the_soonest_goes_first() {
        let known: Vec<Known> = (1..=250).map(open).collect();
        let withdrawn = Change::Withdraw(id(3), "why".to_owned());
        let changes =
            vec![order(900), order(500), order(2), order(700), withdrawn.clone(), order(600)];
        let kept = bounded(changes, &known, at(0));
        assert_eq!(starts(&kept), [at(900), at(500), at(2), at(700), at(600)]);
        let known: Vec<Known> = (1..=253).map(open).collect();
        let changes = vec![order(900), order(500), order(2), withdrawn.clone(), order(600)];
        let kept = bounded(changes, &known, at(0));
        assert_eq!(starts(&kept), [at(500), at(2), at(600)]);
        assert!(kept.contains(&withdrawn));
    }

    #[test]
    fn today_is_ordered_however_much_there_is() {
        let changes: Vec<Change> = (0..400).map(|_| order(5)).chain([order(30)]).collect();
        assert_eq!(bounded(changes, &[], at(0)).len(), 400);
    }
}
