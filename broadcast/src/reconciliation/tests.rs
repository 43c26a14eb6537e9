//! What changes in the database when the plan and time move on.

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

fn start(second: i64, verdict: Verdict) -> Wanted {
    moved_start(second, second, verdict)
}

/// The schedule gave `recurrence`.
fn moved_start(recurrence: i64, second: i64, verdict: Verdict) -> Wanted {
    Wanted { bulletin: bulletin(), recurrence: at(recurrence), at: at(second), verdict }
}

fn quiet() -> Verdict {
    Verdict::HeldBack("it would be heard in quiet hours".to_owned())
}

fn other_day() -> Verdict {
    Verdict::Absent("it plays on days of ram alone".to_owned())
}

fn known(second: i64, stage: PlayStage) -> Known {
    Known {
        id: id(second),
        recurrence: at(second),
        start_at: at(second),
        stage,
        is_closed: stage == PlayStage::Closed,
        play_until: at(second + 65),
        is_approved: true,
        is_called_off: false,
        told: Told::NotYet,
    }
}

/// As it is written down, under its first name.
fn as_planned(recurrence: i64, second: i64) -> Start {
    Start { id: id(recurrence), recurrence: at(recurrence), start_at: at(second) }
}

/// The changes at second 1000, for a schedule that was made at second 0.
fn changes(planned: &[Wanted], known: &[Known]) -> Vec<Change> {
    let asked_since = HashMap::from([(bulletin(), at(0))]);
    reconcile(planned, known, &asked_since, at(1_000))
}

#[test]
fn what_is_new_is_ordered_or_held_back_once() {
    let planned = [start(2_000, Verdict::Plays), start(3_000, quiet())];
    let got = changes(&planned, &[]);
    assert_eq!(got[0], Change::Order(as_planned(2_000, 2_000)));
    assert!(matches!(&got[1], Change::HoldBack(play, _) if play.id == id(3_000)));
    let written = [known(2_000, PlayStage::Ordered), known(3_000, PlayStage::HeldBack)];
    assert_eq!(changes(&planned, &written), []);
}

#[test]
fn what_was_slept_through_is_written_down_as_missed() {
    let got = changes(&[start(900, Verdict::Plays)], &[]);
    assert!(matches!(&got[..], [Change::Missed(play, _)] if play.id == id(900)));
}

#[test]
fn starts_before_anybody_asked_for_them_do_not_count() {
    let asked_since = HashMap::from([(bulletin(), at(1_500))]);
    let planned = [start(1_400, Verdict::Plays)];
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
fn what_somebody_took_out_of_the_calendar_is_withdrawn_even_while_it_sounds() {
    let called_off = Known { is_called_off: true, ..known(990, PlayStage::Ordered) };
    let got = changes(&[], &[called_off]);
    assert!(matches!(&got[..], [Change::Withdraw(play, _)] if *play == id(990)));
}

#[test]
fn what_left_the_calendar_is_withdrawn_and_what_sounds_goes_on() {
    let got = changes(&[], &[known(990, PlayStage::Ordered), known(2_000, PlayStage::Ordered)]);
    assert!(matches!(&got[..], [Change::Withdraw(play, _)] if *play == id(2_000)));
    assert_eq!(changes(&[], &[known(2_000, PlayStage::HeldBack)]), [Change::Forget(id(2_000))]);
}

#[test]
fn what_comes_back_after_a_recall_gets_another_name_and_the_same_start() {
    let planned = [start(2_000, Verdict::Plays)];
    let recalled = known(2_000, PlayStage::Withdrawn);
    let occurrence = at(2_000) + Duration::from_millis(1);
    let again = PlayId { bulletin: bulletin(), occurrence };
    let renamed = Start { id: again, ..as_planned(2_000, 2_000) };
    assert_eq!(changes(&planned, &[recalled]), [Change::Order(renamed)]);
    let ordered = Known { id: again, ..known(2_000, PlayStage::Ordered) };
    assert_eq!(changes(&planned, &[recalled, ordered]), []);
    assert_eq!(changes(&planned, &[ordered, recalled]), []);
}

#[test]
fn a_rule_that_changes_its_mind_changes_the_row() {
    let held = known(2_000, PlayStage::HeldBack);
    let got = changes(&[start(2_000, Verdict::Plays)], &[held]);
    assert_eq!(got, [Change::Promote(id(2_000))]);
    let ordered = known(2_000, PlayStage::Ordered);
    let got = changes(&[start(2_000, quiet())], &[ordered]);
    assert!(matches!(&got[..], [Change::Withdraw(..)]));
}

#[test]
fn what_is_over_stays_over() {
    let over = [known(990, PlayStage::Closed), known(2_000, PlayStage::Closed)];
    assert_eq!(changes(&[start(990, Verdict::Plays), start(2_000, quiet())], &over), []);
}

#[test]
fn a_day_that_is_not_the_schedules_is_nothing_to_write_down() {
    let planned = [start(2_000, other_day())];
    assert_eq!(changes(&planned, &[]), []);
    let held = known(2_000, PlayStage::HeldBack);
    assert_eq!(changes(&planned, &[held]), [Change::Forget(id(2_000))]);
    let got = changes(&planned, &[known(2_000, PlayStage::Ordered)]);
    assert!(matches!(&got[..], [Change::Withdraw(_, why)] if why.contains("ram")), "{got:?}");
}

#[test]
fn what_moves_keeps_its_name_and_has_a_start_of_its_own() {
    let planned = [moved_start(5_000, 2_000, Verdict::Plays)];
    let order = Change::Order(as_planned(5_000, 2_000));
    assert_eq!(changes(&planned, &[]), [order]);
    let ordered = Known { start_at: at(2_000), ..known(5_000, PlayStage::Ordered) };
    assert_eq!(changes(&planned, &[ordered]), []);
}

#[test]
fn what_moves_again_is_recalled_and_ordered_under_another_name() {
    let planned = [moved_start(5_000, 3_000, Verdict::Plays)];
    let ordered = Known { start_at: at(2_000), ..known(5_000, PlayStage::Ordered) };
    let got = changes(&planned, &[ordered]);
    let occurrence = at(5_000) + Duration::from_millis(1);
    let again = Start { id: PlayId { occurrence, ..id(5_000) }, ..as_planned(5_000, 3_000) };
    assert!(matches!(&got[0], Change::Withdraw(play, _) if *play == id(5_000)), "{got:?}");
    assert_eq!(got[1..], [Change::Order(again)]);
    let held = Known { stage: PlayStage::HeldBack, ..ordered };
    let moved = Change::Order(as_planned(5_000, 3_000));
    assert_eq!(changes(&planned, &[held]), [Change::Forget(id(5_000)), moved]);
}

#[test]
fn what_has_played_does_not_play_again_on_the_day_it_would_move_to() {
    for stage in [PlayStage::Ordered, PlayStage::Closed, PlayStage::HeldBack] {
        let past = known(900, stage);
        assert_eq!(changes(&[moved_start(900, 2_000, Verdict::Plays)], &[past]), [], "{stage:?}");
    }
}

#[test]
fn a_play_has_begun_when_it_was_heard_or_may_be() {
    let (now, past) = (at(1_000), known(990, PlayStage::Ordered));
    assert!(past.is_begun(now), "a cluster without a link plays from its cache");
    assert!(!known(1_001, PlayStage::Ordered).is_begun(now));
    let missed = Known { is_closed: true, stage: PlayStage::Closed, ..past };
    assert!(!missed.is_begun(now), "nobody told of a start");
    assert!(Known { told: Told::Started, ..missed }.is_begun(now));
    assert!(Known { told: Told::Started, stage: PlayStage::Withdrawn, ..past }.is_begun(now));
    assert!(!Known { stage: PlayStage::Withdrawn, ..past }.is_begun(now));
    assert!(!Known { stage: PlayStage::HeldBack, told: Told::Silence, ..past }.is_begun(now));
}
