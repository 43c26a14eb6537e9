//! Layers, quotas and day rules on a box: a holiday that comes late, a quota that is used up, clocks that
//! change.

use std::collections::BTreeSet;

use broadcast::bulletin::NormalHours;
use broadcast::calendar::{Effect, Move};
use broadcast::quiet::QuietHours;
use broadcast::quota::{Band, Limit, Quota, SESSION_GAP};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::json;

use super::super::view::{Changes, Seen};
use super::*;
use crate::order::wire::play_from_json;
use crate::report::Kind;
use crate::ward::broadcast::testing::{MORNING, World, at, user};
use crate::ward::broadcast::{Days, Planning, ScheduleRequest};

const DAILY: &str = "DTSTART:20260105T090000\nRRULE:FREQ=DAILY";

fn listed(day: &str) -> NewLayer {
    NewLayer::Listed(vec![(day.parse::<Date>().unwrap(), "Hội làng".to_owned())])
}

fn days(layer: &str, effect: Effect) -> Days {
    Days::from([(layer.to_owned(), effect)])
}

/// At most so many plays a day, every day.
fn most_a_day(most: u32) -> Quota {
    let week = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    Quota {
        name: "hai-buoi".to_owned(),
        band: Band::whole(&week),
        limits: vec![Limit::Plays(most)],
        session_gap: SESSION_GAP,
        exempt: Priority::Emergency,
    }
}

impl World {
    async fn plan(&self, bulletin: Uuid, rule: &str, days: Days) {
        let when = ScheduleRequest::Rule(rule.to_owned());
        self.bulletins.schedule(&user("minh"), bulletin, Planning { when, days }).await.unwrap();
    }

    /// Starts of the orders that went out since the last call, by the ward's clock.
    fn ordered(&self, zone: &str) -> Vec<String> {
        let starts = self.sent().into_iter().filter(|it| it.kind == "order.play");
        let starts: BTreeSet<Timestamp> =
            starts.map(|it| play_from_json(&it.data).unwrap().start_at).collect();
        let local = |it: Timestamp| it.in_tz(zone).unwrap().strftime("%m-%d %H:%M").to_string();
        starts.into_iter().map(local).collect()
    }

    async fn put(&self, name: &str, layer: NewLayer) {
        self.agenda.put_layer(&user("minh"), name, layer).await.unwrap();
    }

    /// "MM-DD HH:MM plays|reason" of the next days.
    async fn told(&self, n_days: u64) -> Vec<String> {
        let now = at(MORNING);
        let shown = self.agenda.show(now, now + Duration::from_hours(24 * n_days)).await.unwrap();
        let line = |it: &AgendaEntry| {
            let local = it.at.in_tz("Asia/Ho_Chi_Minh").unwrap().strftime("%m-%d %H:%M");
            format!("{local} {}", it.reason.unwrap_or("plays"))
        };
        shown.iter().map(line).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_holiday_that_is_added_late_withdraws_what_was_ordered() {
    let world = World::new().await;
    world.put("nghi-bu", listed("2026-02-01")).await;
    let id = world.approved(Priority::Normal).await;
    let twice = "DTSTART:20260105T090000\nRRULE:FREQ=DAILY;COUNT=2";
    world.plan(id, twice, days("nghi-bu", Effect::Not)).await;
    world.round().await;
    assert_eq!(world.ordered("Asia/Ho_Chi_Minh"), ["01-05 09:00", "01-06 09:00"]);
    world.put("nghi-bu", listed("2026-01-05")).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop", "loa-2 order.stop"]);
    let play = &world.plays().await[0];
    assert_eq!(play.stage, PlayStage::Withdrawn);
    let why = "it is silent on days of nghi-bu, and that day is \"Hội làng\"";
    assert_eq!(play.reason.as_deref(), Some(why));
    assert_eq!(world.told(2).await, ["01-05 09:00 day_off", "01-06 09:00 plays"]);
    // And taken back, it plays after all, under another name.
    world.put("nghi-bu", listed("2026-02-01")).await;
    world.round().await;
    assert_eq!(world.ordered("Asia/Ho_Chi_Minh"), ["01-05 09:00"]);
}

#[tokio::test(start_paused = true)]
async fn a_play_that_moves_keeps_its_occurrence_and_plays_once() {
    let world = World::new().await;
    world.put("le", listed("2026-01-06")).await;
    let id = world.approved(Priority::Normal).await;
    let weekly = "DTSTART:20260106T100000\nRRULE:FREQ=WEEKLY";
    world.plan(id, weekly, days("le", Effect::Move(Move::Earlier))).await;
    world.round().await;
    let order = play_from_json(&world.sent()[0].data).unwrap();
    assert_eq!(order.start_at, at("2026-01-05T10:00:00+07:00"));
    assert_eq!(order.play.occurrence, at("2026-01-06T10:00:00+07:00"));
    let shown = world.agenda.show(at(MORNING), at("2026-01-07T00:00:00+07:00")).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].causes[0].as_str(), "moved");

    world.advance(2 * 3_600 + 5).await;
    for kind in [Kind::BroadcastStarted, Kind::BroadcastPlayed] {
        let data = json!({ "started_at": "2026-01-05T03:00:00Z", "start_error_ms": 0.1 });
        world.report("loa-1", order.play, kind, data.clone()).await;
        world.report("loa-2", order.play, kind, data).await;
    }
    world.round().await;
    // The day is no holiday any more; what has played does not play again on it.
    world.put("le", listed("2026-02-01")).await;
    for _ in 0..3 {
        world.advance(6 * 3_600).await;
        world.round().await;
    }
    assert_eq!(world.ordered("Asia/Ho_Chi_Minh"), [""; 0]);
    let starts = world.plays().await;
    assert_eq!(starts.len(), 1, "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_day_that_is_not_the_schedules_leaves_no_row() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let when = ScheduleRequest::Rule(DAILY.to_owned());
    let planning = Planning { when, days: days("ram", Effect::Only) };
    let made = world.bulletins.schedule(&user("minh"), id, planning).await.unwrap();
    let local = |it: Timestamp| it.in_tz("Asia/Ho_Chi_Minh").unwrap().strftime("%m-%d").to_string();
    let next: Vec<String> = made.next.iter().map(|it| local(it.at)).collect();
    assert_eq!(next[..2], ["02-02", "03-03"], "the answer is when it plays");
    assert_eq!(next.len(), 10);
    for _ in 0..3 {
        world.round().await;
        world.advance(24 * 3_600).await;
    }
    assert_eq!((world.plays().await.len(), world.sent()), (0, vec![]));
    let missed = world.events().await.iter().filter(|it| it.0 == "broadcast.missed").count();
    assert_eq!(missed, 0);
    let told = world.told(60).await;
    let plays: Vec<&String> = told.iter().filter(|it| it.ends_with("plays")).collect();
    assert_eq!(plays, ["02-02 09:00 plays", "03-03 09:00 plays"], "rằm of the months 12 and 1");
}

#[tokio::test(start_paused = true)]
async fn a_play_that_has_begun_used_up_the_quota_and_one_that_was_missed_did_not() {
    for (was_heard, expected) in [(true, "quota"), (false, "plays")] {
        let world = World::with(|ward| ward.quotas = vec![most_a_day(1)]).await;
        let first = world.scheduled(Priority::Normal, "2026-01-05T09:00:00+07:00").await;
        world.round().await;
        world.scheduled(Priority::Normal, "2026-01-05T15:00:00+07:00").await;
        world.round().await;
        assert_eq!(world.told(1).await, ["01-05 09:00 plays", "01-05 15:00 quota"]);
        assert_eq!(world.ordered("Asia/Ho_Chi_Minh"), ["01-05 09:00"]);
        world.advance(3_600 + 10).await;
        if was_heard {
            let data = json!({ "started_at": "2026-01-05T02:00:00Z", "start_error_ms": 0.1 });
            world.report("loa-1", first, Kind::BroadcastStarted, data).await;
        }
        // However its title is mended afterwards.
        let title = Some("Bản tin sửa".to_owned());
        world.advance(600).await;
        world.round().await;
        world
            .bulletins
            .edit(&user("lan"), first.bulletin, Changes { title, ..Changes::default() })
            .await
            .unwrap();
        world.round().await;
        world.round().await;
        let shown = world.told(1).await;
        let second = shown.last().unwrap();
        assert_eq!(second.as_str(), format!("01-05 15:00 {expected}"), "heard: {was_heard}");
        let expected: &[&str] = if was_heard { &[] } else { &["01-05 15:00"] };
        assert_eq!(world.ordered("Asia/Ho_Chi_Minh"), expected);
    }
}

/// Every quarter past the hour from one to three, on the night of a clock change in Paris.
async fn night_in_paris(morning: &str, rule: &str) -> Vec<String> {
    let world = World::with(|ward| {
        ward.quiet = None;
        ward.zone = "Europe/Paris".to_owned();
    })
    .await;
    let until = at(morning).duration_since(at(MORNING)).as_secs();
    world.advance(u64::try_from(until).unwrap()).await;
    let id = world.approved(Priority::Normal).await;
    world.plan(id, rule, Days::new()).await;
    world.round().await;
    let mut ordered = world.ordered("UTC");
    // The week after it is ordered as well.
    ordered.truncate(ordered.iter().take_while(|it| it[..5] == ordered[0][..5]).count());
    ordered
}

#[tokio::test(start_paused = true)]
async fn in_a_gap_of_the_clock_a_start_comes_after_it_and_in_a_fold_once() {
    let rule = "DTSTART;TZID=Europe/Paris:20260101T023000\nRRULE:FREQ=DAILY";
    // 02:30 is skipped on 29 March: it plays at 03:30 by the summer clock.
    let gap = night_in_paris("2026-03-28T20:00:00+01:00", rule).await;
    assert_eq!(gap, ["03-29 01:30"]);
    // 02:30 comes twice on 25 October: it plays in the first pass.
    let fold = night_in_paris("2026-10-24T20:00:00+02:00", rule).await;
    assert_eq!(fold, ["10-25 00:30"]);
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_and_quotas_count_days_of_the_wall_clock() {
    let world = World::with(|ward| {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        ward.quiet = Some(QuietHours::night(paris.clone()));
        ward.approval.hours = NormalHours::day(paris);
        ward.zone = "Europe/Paris".to_owned();
        ward.quotas = vec![most_a_day(1)];
    })
    .await;
    let until = at("2026-03-28T12:00:00+01:00").duration_since(at(MORNING)).as_secs();
    world.advance(u64::try_from(until).unwrap()).await;
    let id = world.approved(Priority::Normal).await;
    // Before six the winter's clock would still be quiet, at six the summer's is not.
    world.plan(id, "DTSTART:20260328T060000\nRRULE:FREQ=DAILY", Days::new()).await;
    let other = world.approved(Priority::Normal).await;
    world.plan(other, "DTSTART:20260328T203000\nRRULE:FREQ=DAILY", Days::new()).await;
    world.round().await;
    assert_eq!(world.ordered("Europe/Paris")[..2], ["03-28 20:30", "03-29 06:00"]);
}

#[tokio::test(start_paused = true)]
async fn layers_are_put_listed_and_not_deleted_while_they_are_named() {
    let world = World::new().await;
    let names = |it: Vec<LayerView>| it.into_iter().map(|it| it.stored.name).collect::<Vec<_>>();
    let computed = ["commemorations", "lunar-feasts", "mung-1", "public-holidays", "ram"];
    assert_eq!(names(world.agenda.layers().await.unwrap()), computed);
    world.put("nghi-bu", listed("2026-02-01")).await;
    let id = world.approved(Priority::Normal).await;
    world.plan(id, DAILY, days("nghi-bu", Effect::Not)).await;
    let minh = user("minh");
    let refused = world.agenda.remove_layer(&minh, "nghi-bu").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "\"nghi-bu\" is named by the schedules of Bản tin: change those first"
    );
    world.plan(id, DAILY, Days::new()).await;
    world.agenda.remove_layer(&minh, "nghi-bu").await.unwrap();
    assert!(matches!(
        world.agenda.remove_layer(&minh, "nghi-bu").await,
        Err(AgendaError::NoSuchLayer { .. })
    ));
    world.agenda.remove_layer(&minh, "ram").await.unwrap();
    let unknown =
        Planning { when: ScheduleRequest::Rule(DAILY.to_owned()), days: days("ram", Effect::Only) };
    let refused = world.bulletins.schedule(&minh, id, unknown).await.unwrap_err();
    assert!(refused.to_string().starts_with("there is no layer \"ram\""));
    world.put("ram", NewLayer::Computed).await;
    let unknown = world.agenda.put_layer(&minh, "tet", NewLayer::Computed).await;
    assert!(matches!(unknown, Err(AgendaError::Computed(_))));
    let actions: Vec<_> =
        world.events().await.into_iter().map(|it| it.1["action"].clone()).collect();
    let n = |action: &str| actions.iter().filter(|it| **it == action).count();
    assert_eq!((n("calendar.layer_put"), n("calendar.layer_removed")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_export_says_what_day_rules_do() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    world.plan(id, DAILY, days("public-holidays", Effect::Not)).await;
    let text = world.agenda.export().await.unwrap();
    let calendar = broadcast::ics::read_schedules(text.as_bytes(), "UTC").unwrap();
    let event = &calendar.events[0];
    assert_eq!((event.uid.as_str(), event.summary.as_str()), (&*id.to_string(), "Bản tin"));
    // Of 2026 the ten that are left, and New Year's Day of 2027.
    assert_eq!(event.changes.len(), 11);
    let days = world.agenda.layer_ics("public-holidays").await.unwrap();
    assert!(days.contains("SUMMARY:Quốc khánh"), "{days}");
}

#[tokio::test(start_paused = true)]
async fn the_page_says_of_each_play_what_its_receipts_say() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    world.advance(3_600).await;
    let page = async || {
        let from = at("2026-01-05T00:00:00+07:00");
        let to = at("2026-01-06T00:00:00+07:00");
        let shown = world.agenda.show(from, to).await.unwrap();
        let of_it = shown.into_iter().find(|it| it.bulletin == play.bulletin).unwrap();
        (of_it.plays, of_it.play.unwrap())
    };
    let data = json!({ "started_at": "2026-01-05T02:00:00Z", "start_error_ms": 0.1 });
    world.report("loa-1", play, Kind::BroadcastStarted, data.clone()).await;
    let (_, outline) = page().await;
    assert!(outline.is_heard);
    assert_eq!((outline.stage, outline.outcome), (PlayStage::Ordered, None));

    world.report("loa-1", play, Kind::BroadcastPlayed, data).await;
    assert!(!page().await.1.is_heard);
    world.advance(600).await;
    world.round().await;
    let (plays, outline) = page().await;
    assert_eq!((plays, outline.outcome), (true, Some(Outcome::Partial)), "loa-2 never told");
    let whole = world.plays().await.into_iter().find(|it| it.play == play).unwrap();
    assert_eq!(whole.summary.unwrap().outcome(), Outcome::Partial);
    assert_eq!((outline.start_at, outline.duration), (whole.start_at, whole.duration));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_second_signature_is_shown_with_the_reason_and_not_exported() {
    let world = World::new().await;
    let id = world.approved(Priority::Emergency).await;
    let made = world.schedule(id, "2026-01-07T04:45:00+07:00").await;
    assert!(made.bulletin.is_second_missing);
    assert_eq!(world.told(3).await, ["01-07 04:45 one_approval"]);
    assert!(!world.agenda.export().await.unwrap().contains("VEVENT"));
    world.bulletins.approve(&user("hoa"), id, Seen::default()).await.unwrap();
    assert_eq!(world.told(3).await, ["01-07 04:45 plays"]);
}

#[tokio::test(start_paused = true)]
async fn a_play_that_was_stopped_is_not_shown_as_one_that_plays() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    world.advance(3_610).await;
    for cluster in ["loa-1", "loa-2"] {
        world.report(cluster, play, Kind::BroadcastStarted, json!({})).await;
    }
    let changes = Changes { title: Some("Tên khác".to_owned()), ..Changes::default() };
    world.bulletins.edit(&user("lan"), play.bulletin, changes).await.unwrap();
    world.round().await;
    let now = at(MORNING);
    let shown = world.agenda.show(now, now + Duration::from_hours(24)).await.unwrap();
    let of_it: Vec<_> = shown.iter().map(|it| (it.plays, it.title.as_str())).collect();
    assert_eq!(of_it, [(false, "Bản tin")], "and it keeps the title that was approved");
}
