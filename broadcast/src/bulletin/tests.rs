//! The way of a bulletin, step by step, and what holds whatever people click.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn audio(byte: u8) -> Sha256 {
    Sha256::of(&[byte])
}

fn noon() -> Schedule {
    Schedule::At(at(43_200))
}

/// A bulletin of `lan`, as far as the script goes; every step must be allowed.
fn after(script: impl IntoIterator<Item = Event>) -> Bulletin {
    script
        .into_iter()
        .zip(1..)
        .fold(Bulletin::draft(user("lan"), audio(1)), |it, (event, s)| it.on(event, at(s)).unwrap())
}

fn submit() -> Event {
    Event::Submitted { by: user("lan") }
}

fn approve(by: &str) -> Event {
    Event::Approved { by: user(by), audio: audio(1) }
}

fn schedule() -> Event {
    Event::Scheduled { by: user("minh"), schedule: noon() }
}

#[test]
fn an_approval_remembers_who_when_and_which_audio() {
    let bulletin = after([submit(), approve("minh")]);
    let approval = Approval { by: user("minh"), at: at(2), audio: audio(1) };
    assert_eq!(bulletin.approval(), Some(&approval));
    assert_eq!(after([submit(), approve("minh"), schedule()]).approval(), Some(&approval));
}

#[test]
fn the_author_cannot_approve() {
    let refused = after([submit()]).on(approve("lan"), at(9)).unwrap_err();
    assert_eq!(refused, Refused::OwnWork { user: user("lan") });
    assert_eq!(
        refused.to_string(),
        "lan wrote or edited this bulletin: somebody else must approve or reject it"
    );
}

#[test]
fn whoever_edited_cannot_approve_either() {
    let edited = Event::Edited { by: user("minh"), audio: audio(1) };
    let refused = after([edited, submit()]).on(approve("minh"), at(9)).unwrap_err();
    assert_eq!(refused, Refused::OwnWork { user: user("minh") });
}

#[test]
fn an_edit_after_approval_starts_over() {
    for steps in [vec![], vec![schedule()]] {
        let approved = after([submit(), approve("minh")].into_iter().chain(steps));
        let same_audio = Event::Edited { by: user("lan"), audio: audio(1) };
        let edited = approved.on(same_audio, at(9)).unwrap();
        assert_eq!(edited.approval(), None);
        assert!(edited.on(schedule(), at(10)).is_err());
    }
}

#[test]
fn audio_that_changed_between_hearing_and_clicking_is_not_approved() {
    let heard_other = Event::Approved { by: user("minh"), audio: audio(2) };
    let refused = after([submit()]).on(heard_other, at(9)).unwrap_err();
    assert!(matches!(refused, Refused::AudioChanged { .. }));
}

#[test]
fn two_approvers_at_once_give_one_approval() {
    let first = after([submit(), approve("minh")]);
    let refused = first.on(approve("hoa"), at(9)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a bulletin that is approved cannot be approved: schedule it, or edit it to start over"
    );
}

#[test]
fn nothing_unapproved_is_scheduled() {
    let rejected = Event::Rejected { by: user("minh"), reason: "sai giờ".into() };
    for steps in [vec![], vec![submit()], vec![submit(), rejected]] {
        let refused = after(steps).on(schedule(), at(9)).unwrap_err();
        assert!(matches!(refused, Refused::WrongState { action: Action::Schedule, .. }));
    }
}

#[test]
fn a_rejection_needs_a_reason() {
    let silent = Event::Rejected { by: user("minh"), reason: " ".into() };
    assert_eq!(after([submit()]).on(silent, at(9)).unwrap_err(), Refused::NoReason);
}

#[test]
fn a_stored_approval_of_other_audio_is_worth_nothing() {
    let approval = Approval { by: user("minh"), at: at(1), audio: audio(1) };
    let authors = BTreeSet::from([user("lan")]);
    let kept = State::Scheduled { approval, schedule: noon() };
    assert_eq!(Bulletin::restore(authors.clone(), audio(2), kept.clone()).stage(), Stage::Draft);
    assert_eq!(Bulletin::restore(authors, audio(1), kept).stage(), Stage::Scheduled);
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = || prop::sample::select(vec!["lan", "minh", "hoa"]).prop_map(user);
    let sound = || (1_u8..4).prop_map(audio);
    prop_oneof![
        (who(), sound()).prop_map(|(by, audio)| Event::Edited { by, audio }),
        who().prop_map(|by| Event::Submitted { by }),
        (who(), sound()).prop_map(|(by, audio)| Event::Approved { by, audio }),
        who().prop_map(|by| Event::Rejected { by, reason: "không".into() }),
        who().prop_map(|by| Event::Scheduled { by, schedule: noon() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_approval_that_stands_is_of_this_audio_and_by_somebody_else(
        events in prop::collection::vec(any_event(), 0..30)
    ) {
        let mut bulletin = Bulletin::draft(user("lan"), audio(1));
        let mut now = 0;
        for event in events {
            now += 1;
            let voids = matches!(event, Event::Edited { .. } | Event::Rejected { .. });
            let Ok(next) = bulletin.on(event, at(now)) else { continue };
            prop_assert!(!(voids && next.approval().is_some()));
            if let Some(approval) = next.approval() {
                prop_assert_eq!(approval.audio, next.audio());
                prop_assert!(!next.authors().contains(&approval.by));
                prop_assert!(approval.at <= at(now));
            }
            prop_assert!(bulletin.authors().is_subset(next.authors()));
            bulletin = next;
        }
    }
}
