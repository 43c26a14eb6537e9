//! A morning in a ward, second by second, on a virtual clock.

use base::Clock as _;
use broadcast::Priority;
use broadcast::reconciliation::PlayStage;
use serde_json::json;

use super::super::testing::{World, user};
use super::super::view::{Changes, ScheduleRequest, Seen, TargetStage};
use super::*;
use crate::order::wire::{play_from_json, stop_from_json};
use crate::report::wire::Presence;
use crate::ward::clusters::ClusterView;

mod card;
mod load;
mod policy;
mod recall;
mod week;

const NINE: &str = "2026-01-05T09:00:00+07:00";

#[tokio::test(start_paused = true)]
async fn an_order_goes_to_every_cluster_an_hour_ahead() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    let order = play_from_json(&sent[0].data).unwrap();
    assert_eq!((order.play, order.start_at), (play, play.occurrence));
    assert_eq!(order.approved_by, "minh");
    assert_eq!(sent[0].not_after, order.play_until);
    world.round().await;
    assert_eq!(world.sent(), [], "once is enough while nobody complains");
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_the_row_and_the_order_costs_nothing() {
    let mut world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    // The intention is committed, and then the power goes.
    world.dispatcher.write_plan().await.unwrap();
    assert_eq!(world.sent(), []);
    world.restart();
    world.round().await;
    assert_eq!(world.sent().len(), 2);
    assert_eq!(world.plays().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_the_order_and_its_note_sends_the_same_order_again() {
    let mut world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let first = world.sent();
    // The note that it was sent was not committed.
    let forget = |conn: &Connection| {
        conn.execute("UPDATE play_target SET n_sent = 0, sent_at_ms = NULL", []).map(|_| ())
    };
    world.store.write(forget).await.unwrap();
    world.restart();
    world.round().await;
    assert_eq!(world.sent(), first, "same id, same bytes: a cluster knows it as a copy");
}

#[tokio::test(start_paused = true)]
async fn a_note_that_cannot_be_written_holds_back_no_order() {
    let world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    world.dispatcher.write_plan().await.unwrap();
    // As on a full disk: nothing that is written is taken.
    let refuse = |conn: &Connection| {
        conn.execute_batch(
            "CREATE TRIGGER full_1 BEFORE UPDATE ON play_target \
             BEGIN SELECT raise(ABORT, 'full'); END; \
             CREATE TRIGGER full_2 BEFORE UPDATE ON planned \
             BEGIN SELECT raise(ABORT, 'full'); END;",
        )
    };
    world.store.write(refuse).await.unwrap();
    // Far enough for the planner to want to note how far it has come.
    world.advance(600).await;
    assert!(world.dispatcher.round().await.is_err());
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
    assert!(world.dispatcher.round().await.is_err());
    assert_eq!(world.sent_kinds(), [""; 0], "what could not be noted is remembered");
    let room = |conn: &Connection| conn.execute_batch("DROP TRIGGER full_1; DROP TRIGGER full_2");
    world.store.write(room).await.unwrap();
    world.dispatcher.round().await.unwrap();
    world.advance(14).await;
    world.dispatcher.round().await.unwrap();
    assert_eq!(world.sent_kinds(), [""; 0], "it was noted when there was room");
    world.advance(1).await;
    world.dispatcher.round().await.unwrap();
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_sent_again_until_it_is_acknowledged() {
    let world = World::new().await;
    world.set_link(false);
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.set_link(true);
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
    world.report("loa-1", play, Kind::BroadcastOrdered, json!({})).await;
    world.advance(14).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), [""; 0]);
    world.advance(1).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-2 order.play"]);
    world.advance(29).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), [""; 0], "the pause doubles");
}

#[tokio::test(start_paused = true)]
async fn nothing_unapproved_is_ordered() {
    let world = World::new().await;
    let draft = world.draft(Priority::Emergency).await;
    let submitted = world.draft(Priority::Normal).await;
    world.bulletins.submit(&user("lan"), submitted).await.unwrap();
    for id in [draft, submitted] {
        let request = ScheduleRequest::At(world.clock.now() + Duration::from_mins(1));
        assert!(world.bulletins.schedule(&user("minh"), id, request).await.is_err());
    }
    // Not even when the row says scheduled: the database refuses it without an approval of this sound.
    let forged = world.store.write(move |conn| {
        conn.execute("UPDATE bulletin SET stage = 'scheduled', schedule_at_ms = 1", [])
    });
    assert!(forged.await.is_err());
    world.round().await;
    assert_eq!(world.sent(), []);
}

#[tokio::test(start_paused = true)]
async fn an_edit_recalls_what_was_ordered() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.sent();
    world.report("loa-1", play, Kind::BroadcastOrdered, json!({})).await;
    let title = Some("Bản tin sửa".to_owned());
    world
        .bulletins
        .edit(&user("lan"), play.bulletin, Changes { title, ..Changes::default() })
        .await
        .unwrap();
    world.round().await;
    let stops = world.sent();
    assert_eq!(stops.len(), 2, "loa-2 may have the order, too");
    assert!(stops.iter().all(|it| stop_from_json(&it.data).unwrap().play == play));
    for cluster in ["loa-1", "loa-2"] {
        world.report(cluster, play, Kind::BroadcastStopped, json!({})).await;
    }
    world.round().await;
    let plays = world.plays().await;
    assert_eq!(plays[0].stage, PlayStage::Withdrawn);
    assert_eq!(plays[0].reason.as_deref(), Some("its approval does not stand any more"));
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["stopped"]), ("broadcast.stopped", &json!(2)));

    // Approved and scheduled once more, it plays: as another play, at the same instant.
    world.bulletins.submit(&user("lan"), play.bulletin).await.unwrap();
    world.bulletins.approve(&user("minh"), play.bulletin, Seen::default()).await.unwrap();
    world.schedule(play.bulletin, NINE).await;
    world.round().await;
    let order = play_from_json(&world.sent()[0].data).unwrap();
    assert_eq!(order.start_at, play.occurrence);
    assert_ne!(order.play, play);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_withdrawn_without_a_word() {
    let world = World::new().await;
    world.set_link(false);
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.schedule(play.bulletin, "2026-01-05T10:00:00+07:00").await;
    world.set_link(true);
    world.round().await;
    let starts: Vec<_> =
        world.sent().iter().map(|it| play_from_json(&it.data).unwrap().start_at).collect();
    assert_eq!(starts, [play.occurrence + Duration::from_hours(1); 2]);
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_back_and_say_so() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, "2026-01-06T04:45:00+07:00").await;
    world.bulletins.approve(&user("hoa"), play.bulletin, Seen::default()).await.unwrap();
    world.round().await;
    assert_eq!(world.sent(), []);
    let plays = world.plays().await;
    assert_eq!(plays[0].stage, PlayStage::HeldBack);
    let reason = "it would be heard in quiet hours, 21:00 to 06:00";
    assert_eq!(plays[0].reason.as_deref(), Some(reason));
    world.advance(21 * 3_600).await;
    world.round().await;
    world.round().await;
    let missed: Vec<_> = world.events().await;
    let missed: Vec<_> = missed.iter().filter(|it| it.0 == "broadcast.missed").collect();
    assert_eq!(missed.len(), 1, "one terminal record");
    assert_eq!(missed[0].1["reason"], reason);
    assert_eq!(missed[0].1["bulletin_id"], json!(play.bulletin));
}

#[tokio::test(start_paused = true)]
async fn an_emergency_plays_at_night_and_leaves_a_trace() {
    let world = World::new().await;
    world.scheduled(Priority::Emergency, "2026-01-06T03:15:00+07:00").await;
    world.round().await;
    assert_eq!(world.sent().len(), 2);
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["action"]), ("audit.entry", &json!("quiet_hours.overridden")));
    assert_eq!(data["user"], "minh");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_nobody_vouches_for_orders_nothing() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    world.schedule(id, NINE).await;
    world.trust.set(false);
    world.round().await;
    assert_eq!((world.sent(), world.plays().await.len()), (vec![], 0));
    world.trust.set(true);
    world.round().await;
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_box_slept_through_is_missed_once() {
    let world = World::new().await;
    world.round().await;
    world.scheduled(Priority::Normal, NINE).await;
    world.advance(2 * 3_600).await;
    world.round().await;
    world.round().await;
    assert_eq!(world.sent(), []);
    let plays = world.plays().await;
    assert_eq!(plays[0].stage, PlayStage::Closed);
    assert!(plays[0].targets.iter().all(|it| it.stage == TargetStage::Missed));
    let missed = world.events().await.iter().filter(|it| it.0 == "broadcast.missed").count();
    assert_eq!(missed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_play_closes_with_its_skew_when_the_last_cluster_has_told() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.advance(3_600).await;
    for (cluster, started_at, error_ms) in
        [("loa-1", "2026-01-05T02:00:00.0012Z", 1.2), ("loa-2", "2026-01-05T01:59:59.9995Z", -0.5)]
    {
        let data = json!({ "started_at": started_at, "start_error_ms": error_ms });
        world.report(cluster, play, Kind::BroadcastStarted, data).await;
    }
    world.advance(60).await;
    world.report("loa-1", play, Kind::BroadcastPlayed, json!({})).await;
    world.round().await;
    assert_eq!(world.plays().await[0].stage, PlayStage::Ordered, "loa-2 may still tell");
    world.report("loa-2", play, Kind::BroadcastPlayed, json!({})).await;
    world.round().await;
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!(kind, "broadcast.played");
    assert_eq!(data["skew_ms"], 1.7);
    assert_eq!(data["start_error_max_ms"], 1.2);
    assert_eq!((&data["targets"], &data["played"]), (&json!(2), &json!(2)));
    let stored =
        |conn: &Connection| conn.query_row("SELECT skew_us FROM play", [], |row| row.get(0));
    assert_eq!(world.store.read::<i64, _>(stored).await.unwrap(), 1_700);
}

#[tokio::test(start_paused = true)]
async fn a_silent_cluster_is_missed_with_a_reason_after_thirty_seconds() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.report("loa-1", play, Kind::BroadcastPlayed, json!({})).await;
    // The content lasts a minute, its window five seconds more.
    world.advance(3_600 + 65 + 29).await;
    world.round().await;
    assert_eq!(world.plays().await[0].stage, PlayStage::Ordered);
    world.advance(1).await;
    world.round().await;
    let targets = &world.plays().await[0].targets;
    assert_eq!(targets[0].stage, TargetStage::Played);
    assert_eq!(targets[1].stage, TargetStage::Missed);
    assert_eq!(targets[1].reason.as_deref(), Some("the cluster never acknowledged the order"));
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["missed"]), ("broadcast.partial", &json!(1)));

    // It was out of reach, and tells after all: the row is put right, the event is passed on.
    world.report("loa-2", play, Kind::BroadcastPlayed, json!({})).await;
    assert_eq!(world.plays().await[0].targets[1].stage, TargetStage::Played);
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["cluster"]), ("broadcast.played", &json!("loa-2")));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_comes_online_gets_its_order_at_once() {
    let world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    assert_eq!(world.sent().len(), 2);
    let online = ClusterView { presence: Some(Presence::Online), ..ClusterView::default() };
    let (views, seen) = watch::channel(ClusterViews::default());
    views.send_modify(|it| {
        it.insert("loa-2".parse().unwrap(), online);
    });
    let mut known = Attendance::default();
    world.dispatcher.greet(&seen, &mut known).await.unwrap();
    assert_eq!(world.sent_kinds(), ["loa-2 order.play"]);
    world.dispatcher.greet(&seen, &mut known).await.unwrap();
    assert_eq!(world.sent_kinds(), [""; 0], "its health is no news");
}

#[tokio::test(start_paused = true)]
async fn a_round_without_news_writes_nothing() {
    let world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let count = |conn: &Connection| Ok(conn.total_changes());
    let before = world.store.read(count).await.unwrap();
    for _ in 0..3 {
        world.advance(4).await;
        world.round().await;
    }
    assert_eq!(world.store.read(count).await.unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn sound_that_changes_on_the_disk_is_not_ordered_and_recalled_if_it_was() {
    let world = World::new().await;
    world.scheduled(Priority::Normal, NINE).await;
    std::fs::write(world.sound(), "một âm thanh khác").unwrap();
    world.round().await;
    assert_eq!(world.sent_kinds(), [""; 0]);
    assert_eq!(world.plays().await[0].stage, PlayStage::HeldBack);
    std::fs::write(world.sound(), "tin").unwrap();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
    std::fs::remove_file(world.sound()).unwrap();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop", "loa-2 order.stop"]);
    let events = world.events().await;
    let told = events.iter().filter(|it| it.1["action"] == "bulletin.sound_changed").count();
    assert_eq!(told, 2, "once each time");
}

#[tokio::test(start_paused = true)]
async fn one_approval_orders_nothing_before_dawn_and_two_do() {
    let world = World::new().await;
    let id = world.approved(Priority::Emergency).await;
    let made = world.schedule(id, "2026-01-07T04:45:00+07:00").await;
    assert!(made.bulletin.is_second_missing, "planned two days ahead, it is no emergency yet");
    world.advance(24 * 3_600).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), [""; 0]);
    world.bulletins.approve(&user("hoa"), id, Seen::default()).await.unwrap();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
}

#[test]
fn what_was_ordered_before_there_was_a_volume_plays_in_full() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(super::super::SCHEMA).unwrap();
    conn.execute_batch(
        "PRAGMA foreign_keys = OFF;
         INSERT INTO play_target (bulletin_id, occurrence_ms, cluster, command_id, issued_at_ms, stage)
         VALUES ('b', 1, 'loa-1', 'c', 1, 'pending');",
    )
    .unwrap();
    conn.execute_batch(super::super::SCHEMA_VOLUME).unwrap();
    let percent: i64 =
        conn.query_row("SELECT volume_percent FROM play_target", [], |row| row.get(0)).unwrap();
    assert_eq!(percent, 100);
}
