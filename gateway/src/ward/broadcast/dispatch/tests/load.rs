//! What a large ward must not cost: looks at rows that nobody changed, and orders that nobody can hear.

use broadcast::PlayId;

use super::*;
use crate::ward::broadcast::memory;

/// Both in one ward.
const ONE_WARD: &str = "code,kind,name,valid_from,valid_to,parent,successors\n\
                        20227,ward,Thanh Bình,2000-01-01,,,\n\
                        loa-1,cluster,Chợ,2000-01-01,,20227,\n\
                        loa-2,cluster,Đình,2000-01-01,,20227,\n";

pub(super) fn view(presence: Presence, since: Option<Timestamp>) -> ClusterView {
    ClusterView { presence: Some(presence), since, ..ClusterView::default() }
}

/// What the dispatcher hears of loa-2.
pub(super) async fn see(world: &World, view: ClusterView, online: &mut Attendance) {
    let views = ClusterViews::from([("loa-2".parse().unwrap(), view)]);
    world.dispatcher.greet(&watch::channel(views).1, online).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_gone_gets_its_order_when_it_is_back_and_not_before() {
    let world = World::new().await;
    let mut online = Attendance::default();
    let gone = view(Presence::Offline, Some(world.clock.now()));
    see(&world, gone.clone(), &mut online).await;
    world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play"]);
    world.advance(301).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play"], "nothing is signed for nobody");

    see(&world, view(Presence::Online, Some(world.clock.now())), &mut online).await;
    assert_eq!(world.sent_kinds(), ["loa-2 order.play"]);

    // A last will that came late: it has spoken since.
    world.advance(301).await;
    let speaks = ClusterView { last_seen_at: Some(world.clock.now()), ..gone };
    see(&world, speaks, &mut online).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
}

#[tokio::test(start_paused = true)]
async fn a_recall_waits_for_a_cluster_that_is_gone() {
    let world = World::new().await;
    let mut online = Attendance::default();
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    see(&world, view(Presence::Offline, Some(world.clock.now())), &mut online).await;
    world.schedule(play.bulletin, "2026-01-05T10:00:00+07:00").await;
    world.sent();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop", "loa-1 order.play"]);
    see(&world, view(Presence::Online, Some(world.clock.now())), &mut online).await;
    assert_eq!(world.sent_kinds(), ["loa-2 order.stop", "loa-2 order.play"]);
}

#[tokio::test(start_paused = true)]
async fn orders_are_compared_with_the_places_when_the_table_changed_and_not_each_round() {
    let world = World::new().await;
    world.places.import("ky-thuat", ONE_WARD.as_bytes().to_vec()).await.unwrap();
    let play = for_the_ward(&world).await;
    world.round().await;
    world.advance(5).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play", "loa-2 order.play"]);
    // Whoever compares would see that loa-2 is missing.
    let forget = |conn: &Connection| {
        conn.execute("DELETE FROM play_target WHERE cluster = 'loa-2'", []).map(|_| ())
    };
    world.store.write(forget).await.unwrap();
    world.advance(5).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), [""; 0]);
    world.places.import("ky-thuat", ONE_WARD.as_bytes().to_vec()).await.unwrap();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop"]);
    assert_eq!(world.plays().await[0].play, play);
}

#[tokio::test(start_paused = true)]
async fn the_first_round_after_a_start_compares_orders_with_the_places() {
    let mut world = World::new().await;
    world.places.import("ky-thuat", ONE_WARD.as_bytes().to_vec()).await.unwrap();
    for_the_ward(&world).await;
    world.round().await;
    world.sent();
    let forget = |conn: &Connection| {
        conn.execute("DELETE FROM play_target WHERE cluster = 'loa-2'", []).map(|_| ())
    };
    world.store.write(forget).await.unwrap();
    world.restart();
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop"]);
}

async fn for_the_ward(world: &World) -> PlayId {
    let id = world.draft(Priority::Normal).await;
    let targets = Some("place:20227".parse().unwrap());
    let changes = Changes { targets, ..Changes::default() };
    world.bulletins.edit(&user("lan"), id, changes).await.unwrap();
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    world.bulletins.approve(&user("minh"), id, Seen::default()).await.unwrap();
    world.schedule(id, NINE).await;
    PlayId { bulletin: id, occurrence: NINE.parse().unwrap() }
}

/// The steps by which the database would answer, in the box's own database.
async fn steps(world: &World, sql: &'static str) -> Vec<String> {
    let read = move |conn: &Connection| {
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let nothing = vec![rusqlite::types::Null; query.parameter_count()];
        let rows = query.query_map(rusqlite::params_from_iter(nothing), |row| row.get("detail"))?;
        rows.collect()
    };
    world.store.read(read).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn no_round_and_no_greeting_goes_through_every_row() {
    let world = World::new().await;
    for sql in [settle::KNOWN, play_row::FORGET_SENT, memory::ACKNOWLEDGED] {
        let steps = steps(&world, sql).await;
        // `play_open` holds the open plays alone; the others are lists of what was found before.
        let is_scan = |it: &&String| {
            it.starts_with("SCAN")
                && !["play_open", "json_each", "wanted"].iter().any(|ok| it.contains(ok))
        };
        assert_eq!(steps.iter().find(is_scan), None, "{steps:?}");
    }
}
