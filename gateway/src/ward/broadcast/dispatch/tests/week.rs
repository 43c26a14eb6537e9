//! Orders a week ahead, and what a change of plan does to them.

use std::collections::BTreeSet;

use broadcast::PlayId;
use provisioning::Command;
use uuid::Uuid;

use super::super::super::testing::at;
use super::super::super::view::{Changes, PlayView};
use super::*;

/// Every morning from that Monday on.
const MORNINGS: &str = "DTSTART:20260105T063000\nRRULE:FREQ=DAILY\nEXDATE:20260107T063000";
const EVENINGS: &str = "DTSTART:20260105T173000\nRRULE:FREQ=DAILY";
const DAY_S: u64 = 24 * 3_600;

async fn schedule(world: &World, id: Uuid, rule: &str) -> usize {
    let request = ScheduleRequest::Rule(rule.to_owned());
    world.bulletins.schedule(&user("minh"), id, request).await.unwrap().next.len()
}

async fn all_plays(world: &World) -> Vec<PlayView> {
    let from = at(super::super::super::testing::MORNING);
    world.bulletins.plays(from, from + Duration::from_hours(30 * 24)).await.unwrap()
}

fn starts(sent: &[Command]) -> BTreeSet<String> {
    sent.iter().map(|it| play_from_json(&it.data).unwrap().start_at.to_string()).collect()
}

/// Of every play that is to be stopped: the cluster says that it is.
async fn stop_all(world: &World, cluster: &str, stops: &[Command]) {
    for stop in stops.iter().filter(|it| it.to.as_str() == cluster) {
        let play: PlayId = stop_from_json(&stop.data).unwrap().play;
        world.report(cluster, play, Kind::BroadcastStopped, json!({})).await;
    }
}

async fn acknowledge(world: &World, orders: &[Command]) {
    for order in orders {
        let play = play_from_json(&order.data).unwrap().play;
        world.report(order.to.as_str(), play, Kind::BroadcastOrdered, json!({})).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_ordered_a_week_ahead_and_no_further() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    assert_eq!(schedule(&world, id, MORNINGS).await, 7, "of eight days, one is an exception");
    world.round().await;
    let sent = world.sent();
    let first = starts(&sent);
    assert_eq!(first.len(), 6, "{first:?}");
    assert_eq!(first.first().unwrap(), "2026-01-05T23:30:00Z");
    assert_eq!(first.last().unwrap(), "2026-01-11T23:30:00Z");
    acknowledge(&world, &sent).await;
    world.advance(DAY_S).await;
    world.round().await;
    assert_eq!(starts(&world.sent()), BTreeSet::from(["2026-01-12T23:30:00Z".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_plan_recalls_a_week_of_orders() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    schedule(&world, id, MORNINGS).await;
    world.round().await;
    let sent = world.sent();
    assert_eq!(sent.len(), 2 * 6);
    acknowledge(&world, &sent).await;
    schedule(&world, id, EVENINGS).await;
    world.round().await;
    let (stops, orders): (Vec<_>, Vec<_>) =
        world.sent().into_iter().partition(|it| it.kind == "order.stop");
    assert_eq!((stops.len(), starts(&orders).len()), (2 * 6, 7));
    acknowledge(&world, &orders).await;
    stop_all(&world, "loa-1", &stops).await;
    world.round().await;
    let withdrawn = |it: &&PlayView| it.stage == PlayStage::Withdrawn;
    assert_eq!(all_plays(&world).await.iter().filter(withdrawn).count(), 6);

    // loa-2 was out of reach for three days. What has passed needs no stop any more.
    world.advance(3 * DAY_S).await;
    world.round().await;
    let stops: Vec<_> = world.sent().into_iter().filter(|it| it.kind == "order.stop").collect();
    assert_eq!(stops.len(), 4);
    assert!(stops.iter().all(|it| it.to.as_str() == "loa-2"));
    stop_all(&world, "loa-2", &stops).await;
    world.round().await;
    let events = world.events().await;
    let own = events.iter().filter(|(_, data)| data.get("cluster").is_none());
    let n_ended = own.filter(|it| it.0 == "broadcast.stopped" || it.0 == "broadcast.partial");
    assert!(n_ended.count() >= 6, "each play that was recalled has one terminal record");
}

/// A ward whose clusters hold the orders of a week, the bulletin, and those orders.
async fn a_week_ahead() -> (World, Uuid, Vec<Command>) {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    schedule(&world, id, MORNINGS).await;
    world.round().await;
    let sent = world.sent();
    acknowledge(&world, &sent).await;
    (world, id, sent)
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_was_turned_down_holds_for_what_was_ordered_before() {
    let (mut world, _, sent) = a_week_ahead().await;
    world.set_volume("loa-1", 30);
    world.restart();
    world.round().await;
    let again = world.sent();
    assert_eq!((again.len(), starts(&again)), (6, starts(&sent)));
    for order in &again {
        assert_eq!(order.to.as_str(), "loa-1");
        assert_eq!(play_from_json(&order.data).unwrap().volume.percent(), 30);
        assert!(sent.iter().all(|it| it.id != order.id), "a cluster knows the old command");
    }
    acknowledge(&world, &again).await;
    world.restart();
    world.round().await;
    assert_eq!(world.sent(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_recalled_before_its_new_volume_left_is_stopped_all_the_same() {
    let (mut world, id, sent) = a_week_ahead().await;
    world.set_volume("loa-1", 30);
    world.restart();
    world.set_link(false);
    world.round().await;
    world
        .bulletins
        .edit(&user("lan"), id, Changes { title: Some("Khác".to_owned()), ..Changes::default() })
        .await
        .unwrap();
    world.set_link(true);
    world.round().await;
    let stops = world.sent();
    assert!(stops.iter().all(|it| it.kind == "order.stop"), "{stops:?}");
    assert_eq!(stops.len(), sent.len(), "both clusters hold the orders of before");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_joins_gets_what_was_ordered_before() {
    let (mut world, _, sent) = a_week_ahead().await;
    world.add_cluster("loa-3");
    world.restart();
    world.round().await;
    let new = world.sent();
    assert!(new.iter().all(|it| it.to.as_str() == "loa-3"), "{new:?}");
    assert_eq!(new.len(), sent.len() / 2);
}
