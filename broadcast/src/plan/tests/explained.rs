//! What a ward is told about its plan.

use std::sync::Arc;

use super::*;
use crate::calendar::{Computed, DayRule, Effect, Layer, Move};
use crate::quota::Quota;

fn policy() -> Policy {
    Policy::new(TimeZone::get(WARD).unwrap(), Some(quiet()))
}

/// Explains a window of the ward's wall clock: "id MM-DD HH:MM: sentences".
fn told(items: &[Item<'_, String>], policy: &Policy, from: &str, n_days: u64) -> Vec<String> {
    let from = at(from);
    let to = from + Duration::from_hours(24 * n_days);
    let line = |it: &Explained<String>| {
        let mut said: Vec<String> = it.because.iter().map(ToString::to_string).collect();
        match &it.planned.decision {
            Decision::Plays => said.insert(0, "plays".to_owned()),
            Decision::HeldBack(reason) => said.push(reason.to_string()),
        }
        let local = it.planned.at.in_tz(WARD).unwrap().strftime("%m-%d %H:%M").to_string();
        format!("{} {local}: {}", it.planned.id, said.join("; "))
    };
    explain(items, policy, from, to).unwrap().iter().map(line).collect()
}

fn daily(id: &str, time: &str, minutes: u64) -> Entry<String> {
    let rule = format!("DTSTART:20260101T{time}00\nRRULE:FREQ=DAILY");
    let schedule = Schedule::Rule(Rule::parse(&rule, WARD).unwrap());
    Entry { schedule, duration: Duration::from_mins(minutes), ..entry(id, "06:00") }
}

#[test]
fn why_it_will_not_play_at_05_30_on_2_september() {
    let holidays = Layer::computed(Computed::PublicHolidays, 2026..=2026).unwrap();
    let days = [DayRule::new(Arc::new(holidays), Effect::Not)];
    let morning = daily("sang", "0600", 15);
    let item = Item { days: &days, ..Item::plain(&morning) };
    assert_eq!(
        told(&[item], &policy(), "2026-09-02T00:00:00+07:00", 2),
        [
            "sang 09-02 06:00: it is silent on days of public-holidays, and that day is \"Quốc khánh\"",
            "sang 09-03 06:00: plays",
        ]
    );
}

#[test]
fn what_moves_says_from_where_and_keeps_its_occurrence() {
    let layer = Layer::listed("le", vec![("2026-01-06".parse().unwrap(), "Hội làng".to_owned())]);
    let days = [DayRule::new(Arc::new(layer.unwrap()), Effect::Move(Move::Earlier))];
    let weekly = "DTSTART:20260106T070000\nRRULE:FREQ=WEEKLY";
    let schedule = Schedule::Rule(Rule::parse(weekly, WARD).unwrap());
    let entry = Entry { schedule, ..entry("tin", "06:00") };
    let item = Item { days: &days, ..Item::plain(&entry) };
    let (from, to) = (at(MONDAY), at(MONDAY) + Duration::from_hours(24));
    let explained = explain(&[item], &policy(), from, to).unwrap();
    assert_eq!(explained.len(), 1);
    assert_eq!(explained[0].occurrence, at("2026-01-06T07:00:00+07:00"));
    assert_eq!(explained[0].planned.at, at("2026-01-05T07:00:00+07:00"));
    let said = explained[0].because[0].to_string();
    assert_eq!(said, "it was to play at 2026-01-06T00:00:00Z, a day of le (Hội làng), and moved");
}

#[test]
fn the_ward_decides_between_its_own_priority_bulletin_and_the_citys() {
    let city = Entry { priority: Priority::Priority, ..entry("thanh-pho", "06:00") };
    let ward = Entry { priority: Priority::Priority, ..entry("phuong", "06:05") };
    let items = || [Item { level: 2, ..Item::plain(&city) }, Item::plain(&ward)];
    let by = |ties: &[Tie]| {
        let policy = Policy { ties: ties.to_vec(), ..policy() };
        told(&items(), &policy, MONDAY, 1)
    };
    assert_eq!(
        by(&[Tie::Own]),
        [
            "thanh-pho 01-05 06:00: phuong plays on the same clusters at 2026-01-04T23:05:00Z and \
             goes first: the ward puts its own bulletins first",
            "phuong 01-05 06:05: plays; it goes before thanh-pho at 2026-01-04T23:00:00Z: the ward \
             puts its own bulletins first",
        ]
    );
    assert!(by(&[Tie::Above])[0].starts_with("thanh-pho 01-05 06:00: plays"));
    assert!(by(&[Tie::Earlier])[0].starts_with("thanh-pho 01-05 06:00: plays"));
}

#[test]
fn between_two_emergencies_nobody_chooses() {
    let urgent = |id, time| Entry { priority: Priority::Emergency, ..entry(id, time) };
    let (ward, city) = (urgent("phuong", "03:10"), urgent("thanh-pho", "03:15"));
    let items = [Item::plain(&ward), Item { level: 2, ..Item::plain(&city) }];
    let policy = Policy { ties: vec![Tie::Own, Tie::Earlier], ..policy() };
    let told = told(&items, &policy, MONDAY, 1);
    assert!(told[0].ends_with("of two emergencies it comes from the higher level"), "{told:?}");
    assert!(told[1].contains("an emergency, which quiet hours, 21:00 to 06:00 do not hold back"));
}

#[test]
fn a_ward_of_hanoi_has_two_sessions_and_a_silent_weekend() {
    let entries =
        [daily("sang", "0630", 15), daily("trua", "1130", 10), daily("chieu", "1700", 15)];
    let items: Vec<_> = entries.iter().map(Item::plain).collect();
    let policy = Policy { quotas: Quota::hanoi_urban(), ..policy() };
    assert_eq!(
        told(&items, &policy, "2026-01-09T00:00:00+07:00", 2),
        [
            "sang 01-09 06:30: plays",
            "trua 01-09 11:30: plays",
            "chieu 01-09 17:00: the quota hanoi-urban allows at most 2 sessions a day, and 2026-01-09 \
             has no room for it",
            "sang 01-10 06:30: the quota hanoi-urban-weekend allows no plays, and 2026-01-10 has no \
             room for it",
            "trua 01-10 11:30: the quota hanoi-urban-weekend allows no plays, and 2026-01-10 has no \
             room for it",
            "chieu 01-10 17:00: the quota hanoi-urban-weekend allows no plays, and 2026-01-10 has no \
             room for it",
        ]
    );
    // Asked about the evening alone, the answer is the same: the morning is counted, too.
    let evening = told(&items, &policy, "2026-01-09T12:00:00+07:00", 1);
    assert!(evening[0].starts_with("chieu 01-09 17:00: the quota"), "{evening:?}");
}

#[test]
fn what_has_begun_is_not_taken_back_and_counts() {
    let entries =
        [daily("sang", "0630", 15), daily("trua", "1130", 10), daily("chieu", "1700", 15)];
    let noon = at("2026-01-09T17:00:00+07:00");
    let begun = [Begun { occurrence: noon, at: noon }];
    let items = [
        Item::plain(&entries[0]),
        Item::plain(&entries[1]),
        Item { begun: &begun, ..Item::plain(&entries[2]) },
    ];
    let policy = Policy { quotas: Quota::hanoi_urban(), ..policy() };
    let told = told(&items, &policy, "2026-01-09T00:00:00+07:00", 1);
    assert_eq!(told[0], "sang 01-09 06:30: plays");
    assert!(told[1].starts_with("trua 01-09 11:30: the quota"), "{told:?}");
    assert_eq!(
        told[2],
        "chieu 01-09 17:00: plays; it has begun, and no later rule takes that back"
    );
}

#[test]
fn an_emergency_does_not_wait_for_what_has_begun() {
    let (news, storm) = (entry("tin", "06:00"), entry("bao", "06:05"));
    let storm = Entry { priority: Priority::Emergency, ..storm };
    let at_six = at("2026-01-05T06:00:00+07:00");
    let begun = [Begun { occurrence: at_six, at: at_six }];
    let items = [Item { begun: &begun, ..Item::plain(&news) }, Item::plain(&storm)];
    let told = told(&items, &policy(), MONDAY, 1);
    assert!(told[0].starts_with("tin 01-05 06:00: plays; it has begun"), "{told:?}");
    assert!(told[1].starts_with("bao 01-05 06:05: plays"), "{told:?}");
}

#[test]
fn what_has_begun_goes_before_its_equals() {
    let (first, second) = (entry("mot", "06:00"), entry("hai", "06:05"));
    let at_five_past = at("2026-01-05T06:05:00+07:00");
    let begun = [Begun { occurrence: at_five_past, at: at_five_past }];
    let items = [Item::plain(&first), Item { begun: &begun, ..Item::plain(&second) }];
    let told = told(&items, &policy(), MONDAY, 1);
    assert!(told[0].ends_with("goes first: it sounds already"), "{told:?}");
}
