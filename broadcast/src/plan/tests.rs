//! Plans drawn small, and the promises that every plan keeps.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::quiet::QuietHours;
use crate::schedule::Rule;

mod explained;
mod oracle;
mod standing;

const WARD: &str = "Asia/Ho_Chi_Minh";
const MONDAY: &str = "2026-01-05T00:00:00+07:00";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn quiet() -> QuietHours {
    QuietHours::night(TimeZone::get(WARD).unwrap())
}

/// A quarter of an hour on all clusters, at `time` of that Monday.
fn entry(id: &str, time: &str) -> Entry<String> {
    Entry {
        id: id.to_owned(),
        schedule: Schedule::At(at(&format!("2026-01-05T{time}:00+07:00"))),
        duration: Duration::from_mins(15),
        priority: Priority::Normal,
        targets: Targets::All,
        standing: Standing::Approved,
        expires_at: None,
    }
}

fn some(clusters: &[&str]) -> Targets {
    Targets::Some(clusters.iter().map(|it| (*it).to_owned()).collect())
}

/// What becomes of the starts of a window, by quiet hours and nothing else.
fn plan<Id: Clone + fmt::Debug + fmt::Display>(
    entries: &[Entry<Id>],
    quiet: Option<&QuietHours>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Planned<Id>>, PlanError<Id>> {
    let policy = Policy::new(TimeZone::UTC, quiet.cloned());
    let items: Vec<Item<'_, Id>> = entries.iter().map(Item::plain).collect();
    let explained = explain(&items, &policy, from, to)?;
    Ok(explained.into_iter().map(|it| it.planned).collect())
}

/// Plans the Monday and draws it: "id HH:MM plays" or "id HH:MM reason".
fn drawn(entries: &[Entry<String>]) -> Vec<String> {
    let from = at(MONDAY);
    let planned = plan(entries, Some(&quiet()), from, from + Duration::from_hours(24)).unwrap();
    let draw = |it: &Planned<String>| {
        let time = it.at.in_tz(WARD).unwrap().strftime("%H:%M").to_string();
        let decision = match &it.decision {
            Decision::Plays => "plays".to_owned(),
            Decision::HeldBack(Reason::Clash { with, .. }) => format!("clash {with}"),
            Decision::HeldBack(reason) => reason.as_str().to_owned(),
        };
        format!("{} {time} {decision}", it.id)
    };
    planned.iter().map(draw).collect()
}

#[test]
fn the_04_45_music_is_held_back_and_shown() {
    assert_eq!(
        drawn(&[entry("nhac", "04:45"), entry("tin", "06:00"), entry("toi", "20:50")]),
        ["nhac 04:45 quiet_hours", "tin 06:00 plays", "toi 20:50 quiet_hours"]
    );
}

#[test]
fn an_emergency_ignores_quiet_hours() {
    let storm = Entry { priority: Priority::Emergency, ..entry("bao", "03:15") };
    assert_eq!(drawn(&[storm]), ["bao 03:15 plays"]);
}

#[test]
fn an_emergency_that_nobody_approved_stays_silent() {
    let storm = Entry {
        priority: Priority::Emergency,
        standing: Standing::NotApproved,
        ..entry("bao", "03:15")
    };
    assert_eq!(drawn(&[storm]), ["bao 03:15 not_approved"]);
}

#[test]
fn what_expires_while_it_would_sound_is_held_back() {
    let at_seven = Some(at("2026-01-05T07:00:00+07:00"));
    let late = Entry { expires_at: at_seven, ..entry("muon", "06:46") };
    let early = Entry { expires_at: at_seven, ..entry("som", "06:45") };
    assert_eq!(drawn(&[late, early])[..], ["som 06:45 plays", "muon 06:46 expired"]);
}

#[test]
fn the_higher_priority_goes_first_even_when_it_starts_later() {
    let first = Entry { priority: Priority::Priority, ..entry("uu-tien", "06:10") };
    assert_eq!(
        drawn(&[entry("thuong", "06:00"), first]),
        ["thuong 06:00 clash uu-tien", "uu-tien 06:10 plays"]
    );
}

#[test]
fn equals_are_decided_by_time_and_then_by_the_wards_order() {
    assert_eq!(
        drawn(&[entry("hai", "06:00"), entry("mot", "06:00"), entry("ba", "06:15")]),
        ["hai 06:00 plays", "mot 06:00 clash hai", "ba 06:15 plays"]
    );
}

#[test]
fn other_clusters_do_not_clash() {
    let here = Entry { targets: some(&["loa-1", "loa-2"]), ..entry("a", "06:00") };
    let there = Entry { targets: some(&["loa-3"]), ..entry("b", "06:00") };
    let both = Entry { targets: some(&["loa-2", "loa-3"]), ..entry("c", "06:00") };
    assert_eq!(drawn(&[here, there, both]), ["a 06:00 plays", "b 06:00 plays", "c 06:00 clash a"]);
}

#[test]
fn what_still_sounds_at_the_start_of_the_window_takes_part() {
    let entries = [entry("mot", "06:00"), entry("hai", "06:10")];
    let from = at("2026-01-05T06:05:00+07:00");
    let planned = plan(&entries, None, from, from + Duration::from_hours(1)).unwrap();
    assert_eq!(planned.len(), 1);
    assert!(
        matches!(&planned[0].decision, Decision::HeldBack(Reason::Clash { with, .. }) if with == "mot")
    );
}

#[test]
fn reasons_read_as_sentences() {
    let to = at(MONDAY) + Duration::from_hours(24);
    let planned = plan(&[entry("nhac", "04:45")], Some(&quiet()), at(MONDAY), to);
    let Decision::HeldBack(reason) = &planned.unwrap()[0].decision else { panic!("it plays") };
    assert_eq!(reason.to_string(), "it would be heard in quiet hours, 21:00 to 06:00");
}

fn any_entry() -> impl Strategy<Value = Entry<usize>> {
    let priority =
        prop::sample::select(vec![Priority::Normal, Priority::Priority, Priority::Emergency]);
    let targets = prop_oneof![
        Just(Targets::All),
        prop::collection::btree_set("loa-[1-4]", 1..3).prop_map(Targets::Some)
    ];
    let schedule = (0_u32..24, 0_u32..60, 1_u32..4).prop_map(|(hour, minute, days)| {
        let text =
            format!("DTSTART:20260105T{hour:02}{minute:02}00\nRRULE:FREQ=DAILY;INTERVAL={days}");
        Schedule::Rule(Rule::parse(&text, WARD).unwrap())
    });
    let standing = prop_oneof![4 => Just(Standing::Approved), 1 => Just(Standing::NotApproved)];
    (schedule, 1_u64..90, priority, targets, standing).prop_map(
        |(schedule, minutes, priority, targets, standing)| Entry {
            id: 0,
            schedule,
            duration: Duration::from_mins(minutes),
            priority,
            targets,
            standing,
            expires_at: None,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_plays_is_alone_approved_and_not_at_night(
        entries in prop::collection::vec(any_entry(), 1..8)
    ) {
        let entries: Vec<_> = entries.into_iter().enumerate()
            .map(|(id, it)| Entry { id, ..it }).collect();
        let (from, hours) = (at("2026-01-08T00:00:00+07:00"), Duration::from_hours(96));
        let planned = plan(&entries, Some(&quiet()), from, from + hours).unwrap();
        let n_starts: usize =
            entries.iter().map(|it| it.schedule.starts(from, from + hours).unwrap().len()).sum();
        prop_assert_eq!(planned.len(), n_starts);
        let playing: Vec<_> = planned.iter().filter(|it| it.decision == Decision::Plays).collect();
        for (nth, one) in playing.iter().enumerate() {
            let entry = &entries[one.id];
            prop_assert_eq!(&entry.standing, &Standing::Approved);
            prop_assert!(
                entry.priority == Priority::Emergency || !quiet().touch(one.at, entry.duration)
            );
            for other in &playing[nth + 1..] {
                let apart = one.ends_at <= other.at || other.ends_at <= one.at;
                prop_assert!(apart || !entry.targets.meet(&entries[other.id].targets));
            }
        }
    }
}
