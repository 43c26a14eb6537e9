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

const DAY: i64 = 86_400;

fn noon() -> Schedule {
    Schedule::At(at(43_200))
}

fn no_days() -> BTreeMap<String, Effect> {
    BTreeMap::new()
}

fn midnight() -> Schedule {
    Schedule::At(at(DAY))
}

fn night() -> Need {
    Need::Two(Why::OutsideHours { at: at(DAY) })
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
    Event::Approved { by: user(by), audio: audio(1), schedule: None }
}

/// For the midnight entry as well.
fn countersign(by: &str) -> Event {
    Event::Approved { by: user(by), audio: audio(1), schedule: Some(mark(&midnight(), &no_days())) }
}

fn schedule() -> Event {
    Event::Scheduled { by: user("minh"), schedule: noon(), days: no_days(), need: Need::One }
}

fn schedule_at_night(by: &str) -> Event {
    Event::Scheduled { by: user(by), schedule: midnight(), days: no_days(), need: night() }
}

fn signed_by(bulletin: &Bulletin) -> Vec<&str> {
    let approvals = bulletin.approvals().map(Approvals::by_time).unwrap_or_default();
    approvals.iter().map(|it| it.by.as_str()).collect()
}

#[test]
fn an_approval_remembers_who_when_and_which_audio() {
    let bulletin = after([submit(), approve("minh")]);
    let approval = Approval { by: user("minh"), at: at(2), audio: audio(1), schedule: None };
    let approvals = Approvals::of(approval);
    assert_eq!(bulletin.approvals(), Some(&approvals));
    assert_eq!(after([submit(), approve("minh"), schedule()]).approvals(), Some(&approvals));
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
    for steps in [vec![], vec![schedule()], vec![schedule_at_night("minh"), countersign("hoa")]] {
        let approved = after([submit(), approve("minh")].into_iter().chain(steps));
        let same_audio = Event::Edited { by: user("lan"), audio: audio(1) };
        let edited = approved.on(same_audio, at(9)).unwrap();
        assert_eq!(edited.approvals(), None);
        assert!(edited.on(schedule(), at(10)).is_err());
    }
}

#[test]
fn audio_that_changed_between_hearing_and_clicking_is_not_approved() {
    let heard_other = Event::Approved { by: user("minh"), audio: audio(2), schedule: None };
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
fn a_stored_approval_of_other_audio_or_by_its_author_is_worth_nothing() {
    let signed = |by: &str| {
        Approvals::of(Approval { by: user(by), at: at(1), audio: audio(1), schedule: None })
    };
    let authors = BTreeSet::from([user("lan")]);
    let entry = || Entry { schedule: noon(), days: no_days(), by: user("lan"), need: Need::One };
    let kept = |by| State::Scheduled { approvals: signed(by), entry: entry() };
    let stage = |audio, by| Bulletin::restore(authors.clone(), audio, kept(by)).stage();
    assert_eq!(stage(audio(2), "minh"), Stage::Draft);
    assert_eq!(stage(audio(1), "lan"), Stage::Draft);
    assert_eq!(stage(audio(1), "minh"), Stage::Scheduled);
}

#[test]
fn what_needs_two_and_has_one_is_not_in_the_calendar_whatever_was_stored() {
    let first = Approval { by: user("minh"), at: at(1), audio: audio(1), schedule: None };
    let entry = Entry { schedule: midnight(), days: no_days(), by: user("lan"), need: night() };
    let kept = State::Scheduled { approvals: Approvals::of(first), entry };
    let restored = Bulletin::restore(BTreeSet::from([user("lan")]), audio(1), kept);
    assert_eq!(restored.stage(), Stage::Approved);
    assert!(restored.missing().is_some());
}

#[test]
fn at_night_it_takes_two_and_the_second_has_seen_the_hour() {
    let waiting = after([submit(), approve("minh"), schedule_at_night("minh")]);
    assert_eq!(waiting.stage(), Stage::Approved);
    assert_eq!(waiting.missing(), Some(&Why::OutsideHours { at: at(DAY) }));
    let refused = |event| waiting.on(event, at(9)).unwrap_err();
    assert_eq!(refused(approve("hoa")), Refused::ScheduleChanged);
    assert_eq!(refused(countersign("lan")), Refused::OwnWork { user: user("lan") });
    assert_eq!(refused(countersign("minh")), Refused::OwnSchedule { user: user("minh") });
    let signed = waiting.on(countersign("hoa"), at(9)).unwrap();
    assert_eq!((signed.stage(), signed.missing()), (Stage::Scheduled, None));
    assert_eq!(signed_by(&signed), ["minh", "hoa"]);
    let twice = signed.on(countersign("mai"), at(10)).unwrap_err();
    assert!(matches!(twice, Refused::WrongState { .. }));
}

#[test]
fn one_person_is_not_two() {
    let waiting = after([submit(), approve("minh"), schedule_at_night("lan")]);
    let refused = waiting.on(countersign("minh"), at(9)).unwrap_err();
    assert_eq!(refused, Refused::SameApprover { user: user("minh") });
}

#[test]
fn whoever_chose_the_hour_does_not_sign_for_it() {
    let waiting = after([submit(), approve("minh"), schedule_at_night("hoa")]);
    let refused = waiting.on(countersign("hoa"), at(9)).unwrap_err();
    assert_eq!(refused, Refused::OwnSchedule { user: user("hoa") });
}

#[test]
fn another_hour_at_night_takes_another_signature_and_an_hour_by_day_does_not() {
    let signed = [submit(), approve("minh"), schedule_at_night("minh"), countersign("hoa")];
    let later = Event::Scheduled {
        by: user("minh"),
        schedule: Schedule::At(at(2 * DAY)),
        days: no_days(),
        need: Need::Two(Why::OutsideHours { at: at(2 * DAY) }),
    };
    let moved = after(signed.into_iter().chain([later]));
    assert_eq!(moved.stage(), Stage::Approved);
    assert_eq!(signed_by(&moved), ["minh", "hoa"], "for the sound they still stand");
    assert_eq!(moved.on(schedule(), at(9)).unwrap().stage(), Stage::Scheduled);
}

#[test]
fn a_signature_for_a_night_but_not_on_holidays_is_none_for_every_night() {
    let days = BTreeMap::from([("public-holidays".to_owned(), Effect::Not)]);
    let with =
        |days| Event::Scheduled { by: user("minh"), schedule: midnight(), days, need: night() };
    let countersign = Event::Approved {
        by: user("hoa"),
        audio: audio(1),
        schedule: Some(mark(&midnight(), &days)),
    };
    let signed = after([submit(), approve("minh"), with(days.clone()), countersign]);
    assert_eq!(signed.stage(), Stage::Scheduled);
    assert_eq!(signed.on(with(days), at(9)).unwrap().stage(), Stage::Scheduled);
    assert_eq!(signed.on(with(no_days()), at(9)).unwrap().stage(), Stage::Approved);
}

#[test]
fn anybody_takes_it_out_of_the_calendar_and_the_approval_of_its_sound_stays() {
    let out = |by| Event::Unscheduled { by: user(by) };
    let waiting = [submit(), approve("minh"), schedule_at_night("minh")];
    let signed = waiting.clone().into_iter().chain([countersign("hoa")]);
    let by_day = [submit(), approve("minh"), schedule()];
    for steps in [waiting.to_vec(), signed.collect(), by_day.to_vec()] {
        let silent = after(steps).on(out("lan"), at(9)).unwrap();
        assert_eq!((silent.stage(), silent.entry()), (Stage::Approved, None));
        assert_eq!(silent.on(schedule(), at(10)).unwrap().stage(), Stage::Scheduled);
        let again = silent.on(schedule_at_night("minh"), at(10)).unwrap();
        assert_eq!(again.stage(), Stage::Approved, "the same night is signed for again");
        let refused = silent.on(out("minh"), at(10)).unwrap_err().to_string();
        assert!(
            refused.starts_with("a bulletin that is approved cannot be taken out"),
            "{refused}"
        );
    }
}

#[test]
fn the_second_approver_may_send_it_back() {
    let waiting = after([submit(), approve("minh"), schedule_at_night("minh")]);
    let no = Event::Rejected { by: user("hoa"), reason: "khuya quá".into() };
    assert_eq!(waiting.on(no, at(9)).unwrap().stage(), Stage::Rejected);
}

#[test]
fn an_old_signature_is_given_afresh_and_a_young_one_is_not() {
    let scheduled = after([submit(), approve("minh"), schedule()]);
    let again = |by: &str| Event::Approved {
        by: user(by),
        audio: audio(1),
        schedule: Some(mark(&noon(), &no_days())),
    };
    assert!(matches!(scheduled.on(again("hoa"), at(DAY)), Err(Refused::WrongState { .. })));
    let renewed = scheduled.on(again("hoa"), at(DAY + 2)).unwrap();
    assert_eq!((renewed.stage(), signed_by(&renewed)), (Stage::Scheduled, vec!["hoa"]));
    let own = scheduled.on(again("lan"), at(DAY + 2)).unwrap_err();
    assert_eq!(own, Refused::OwnWork { user: user("lan") });
    let validity = Validity::default();
    let ends_at = |it: &Bulletin| validity.ends_at(it.approvals().unwrap(), Some(&noon()));
    assert_eq!(ends_at(&scheduled), at(2 + 30 * DAY));
    assert_eq!(ends_at(&renewed), at(2 + 31 * DAY));
}

#[test]
fn who_chose_the_hour_renews_for_the_sound_while_another_stands_for_the_hour() {
    let signed = after([submit(), approve("minh"), schedule_at_night("minh"), countersign("hoa")]);
    let renewed = signed.on(countersign("minh"), at(DAY + 5)).unwrap();
    assert_eq!((renewed.stage(), signed_by(&renewed)), (Stage::Scheduled, vec!["hoa", "minh"]));
    assert!(
        after([submit(), approve("mai"), schedule_at_night("minh"), countersign("hoa")])
            .on(countersign("minh"), at(DAY + 5))
            .is_ok(),
        "in place of mai, who saw no hour"
    );
}

#[test]
fn nobody_takes_the_place_of_the_only_other_who_saw_the_hour() {
    // hoa saw it first; mai signed for the sound alone, and later.
    let approvals = [
        Approval {
            by: user("hoa"),
            at: at(1),
            audio: audio(1),
            schedule: Some(mark(&midnight(), &no_days())),
        },
        Approval { by: user("mai"), at: at(2), audio: audio(1), schedule: None },
    ];
    let entry = Entry { schedule: midnight(), days: no_days(), by: user("minh"), need: night() };
    let approvals = Approvals::restore(approvals).unwrap();
    let kept = State::Scheduled { approvals, entry };
    let scheduled = Bulletin::restore(BTreeSet::from([user("lan")]), audio(1), kept);
    assert_eq!(scheduled.stage(), Stage::Scheduled);
    let refused = scheduled.on(countersign("minh"), at(DAY + 5)).unwrap_err();
    assert_eq!(refused, Refused::OwnSchedule { user: user("minh") });
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = || prop::sample::select(vec!["lan", "minh", "hoa", "mai"]).prop_map(user);
    let sound = || prop_oneof![4 => Just(1_u8), 1 => 2_u8..4].prop_map(audio);
    let seen = prop_oneof![
        Just(None),
        Just(Some(mark(&noon(), &no_days()))),
        Just(Some(mark(&midnight(), &no_days()))),
    ];
    let when = prop_oneof![Just((noon(), Need::One)), Just((midnight(), night()))];
    prop_oneof![
        1 => (who(), sound()).prop_map(|(by, audio)| Event::Edited { by, audio }),
        3 => who().prop_map(|by| Event::Submitted { by }),
        6 => (who(), sound(), seen)
            .prop_map(|(by, audio, schedule)| Event::Approved { by, audio, schedule }),
        1 => who().prop_map(|by| Event::Rejected { by, reason: "không".into() }),
        1 => who().prop_map(|by| Event::Unscheduled { by }),
        4 => (who(), when)
            .prop_map(|(by, (schedule, need))| Event::Scheduled { by, schedule, days: no_days(), need }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever is clicked, in whatever order, an hour or a day apart.
    #[test]
    fn nothing_plays_without_as_many_approvers_as_it_needs(
        events in prop::collection::vec((any_event(), 1_i64..100_000), 0..40)
    ) {
        let mut bulletin = Bulletin::draft(user("lan"), audio(1));
        let mut now = 0;
        for (event, pause) in events {
            now += pause;
            let voids = matches!(event, Event::Edited { .. } | Event::Rejected { .. });
            let Ok(next) = bulletin.on(event, at(now)) else { continue };
            prop_assert!(!(voids && next.approvals().is_some()));
            if let Some(approvals) = next.approvals() {
                for it in approvals.by_time() {
                    prop_assert_eq!(it.audio, next.audio());
                    prop_assert!(!next.authors().contains(&it.by), "own work");
                    prop_assert!(it.at <= at(now));
                }
            }
            if let State::Scheduled { approvals, entry } = next.state()
                && entry.need != Need::One
            {
                prop_assert!(approvals.n() >= 2);
                let for_it = |it: &&Approval| it.schedule == Some(entry.mark());
                let mut seen = approvals.by_time().into_iter().filter(for_it);
                prop_assert!(seen.any(|it| it.by != entry.by), "nobody but its maker saw the hour");
            }
            // A store gives back what it took.
            let kept = Bulletin::restore(
                next.authors().clone(), next.audio(), next.state().clone());
            prop_assert_eq!(&kept, &next);
            prop_assert!(bulletin.authors().is_subset(next.authors()));
            bulletin = next;
        }
    }
}
