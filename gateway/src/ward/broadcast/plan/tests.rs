//! What changes in the database when the plan and time move on.

use broadcast::Priority;
use broadcast::plan::Reason;
use jiff::tz::TimeZone;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn bulletin() -> Uuid {
    Uuid::from_u128(7)
}

fn id(second: i64) -> PlayId {
    PlayId { bulletin: bulletin(), occurrence: at(second) }
}

fn start(second: i64, decision: Decision<Uuid>) -> Planned<Uuid> {
    Planned {
        id: bulletin(),
        at: at(second),
        ends_at: at(second + 60),
        priority: Priority::Normal,
        decision,
    }
}

fn quiet() -> Decision<Uuid> {
    Decision::HeldBack(Reason::QuietHours { hours: QuietHours::night(TimeZone::UTC) })
}

fn known(second: i64, stage: PlayStage) -> Known {
    Known {
        id: id(second),
        start_at: at(second),
        stage,
        is_closed: stage == PlayStage::Closed,
        play_until: at(second + 65),
        is_approved: true,
    }
}

/// The changes at second 1000, for a schedule that was made at second 0.
fn changes(planned: &[Planned<Uuid>], known: &[Known]) -> Vec<Change> {
    let asked_since = HashMap::from([(bulletin(), at(0))]);
    reconcile(planned, known, &asked_since, at(1_000))
}

#[test]
fn what_is_new_is_ordered_or_held_back_once() {
    let planned = [start(2_000, Decision::Plays), start(3_000, quiet())];
    let got = changes(&planned, &[]);
    assert_eq!(got[0], Change::Order { id: id(2_000), start_at: at(2_000) });
    assert!(matches!(&got[1], Change::HoldBack(play, _) if *play == id(3_000)));
    let written = [known(2_000, PlayStage::Ordered), known(3_000, PlayStage::HeldBack)];
    assert_eq!(changes(&planned, &written), []);
}

#[test]
fn what_was_slept_through_is_written_down_as_missed() {
    let got = changes(&[start(900, Decision::Plays)], &[]);
    assert!(matches!(&got[..], [Change::Missed(play, _)] if *play == id(900)));
}

#[test]
fn starts_before_anybody_asked_for_them_do_not_count() {
    let asked_since = HashMap::from([(bulletin(), at(1_500))]);
    let planned = [start(1_400, Decision::Plays)];
    assert_eq!(reconcile(&planned, &[], &asked_since, at(1_000)), []);
}

#[test]
fn a_play_whose_approval_fell_is_withdrawn_even_while_it_sounds() {
    for second in [990, 2_000] {
        let voided = Known { is_approved: false, ..known(second, PlayStage::Ordered) };
        let got = changes(&[], &[voided]);
        assert!(matches!(&got[..], [Change::Withdraw(play, _)] if *play == id(second)));
    }
}

#[test]
fn what_left_the_calendar_is_withdrawn_and_what_sounds_goes_on() {
    let got = changes(&[], &[known(990, PlayStage::Ordered), known(2_000, PlayStage::Ordered)]);
    assert!(matches!(&got[..], [Change::Withdraw(play, _)] if *play == id(2_000)));
    assert_eq!(changes(&[], &[known(2_000, PlayStage::HeldBack)]), [Change::Forget(id(2_000))]);
}

#[test]
fn what_comes_back_after_a_recall_gets_another_name_and_the_same_start() {
    let planned = [start(2_000, Decision::Plays)];
    let recalled = known(2_000, PlayStage::Withdrawn);
    let occurrence = at(2_000) + Duration::from_millis(1);
    let again = PlayId { bulletin: bulletin(), occurrence };
    assert_eq!(changes(&planned, &[recalled]), [Change::Order { id: again, start_at: at(2_000) }]);
    let ordered = Known { id: again, ..known(2_000, PlayStage::Ordered) };
    assert_eq!(changes(&planned, &[recalled, ordered]), []);
    assert_eq!(changes(&planned, &[ordered, recalled]), []);
}

#[test]
fn a_rule_that_changes_its_mind_changes_the_row() {
    let held = known(2_000, PlayStage::HeldBack);
    let got = changes(&[start(2_000, Decision::Plays)], &[held]);
    assert_eq!(got, [Change::Promote(id(2_000))]);
    let ordered = known(2_000, PlayStage::Ordered);
    let got = changes(&[start(2_000, quiet())], &[ordered]);
    assert!(matches!(&got[..], [Change::Withdraw(..)]));
}

#[test]
fn what_is_over_stays_over() {
    let over = [known(990, PlayStage::Closed), known(2_000, PlayStage::Closed)];
    assert_eq!(changes(&[start(990, Decision::Plays), start(2_000, quiet())], &over), []);
}
