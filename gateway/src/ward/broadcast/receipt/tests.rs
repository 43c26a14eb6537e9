//! What clusters say, in order and out of it.

use broadcast::Priority;
use serde_json::json;

use super::super::testing::World;
use super::*;

const NINE: &str = "2026-01-05T09:00:00+07:00";

async fn stages(world: &World) -> Vec<TargetStage> {
    world.plays().await[0].targets.iter().map(|it| it.stage).collect()
}

#[tokio::test(start_paused = true)]
async fn stages_only_go_forward() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    for (kind, expected) in [
        (Kind::BroadcastCached, TargetStage::Cached),
        (Kind::BroadcastOrdered, TargetStage::Cached),
        (Kind::BroadcastStarted, TargetStage::Started),
        (Kind::BroadcastPartial, TargetStage::Partial),
        (Kind::BroadcastCached, TargetStage::Partial),
        (Kind::BroadcastPlayed, TargetStage::Partial),
    ] {
        world.report("loa-1", play, kind, json!({})).await;
        assert_eq!(stages(&world).await, [expected, TargetStage::Pending], "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_event_is_passed_on_with_its_cluster() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.report("loa-1", play, Kind::BroadcastStarted, json!({ "start_error_ms": 0.4 })).await;
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!(kind, "broadcast.started");
    assert_eq!((&data["cluster"], &data["start_error_ms"]), (&json!("loa-1"), &json!(0.4)));
    world.report("loa-2", play, Kind::ClusterFault, json!({ "fault": "horn_open" })).await;
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["cluster"]), ("cluster.fault", &json!("loa-2")));
}

#[tokio::test(start_paused = true)]
async fn nonsense_changes_no_play() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let elsewhere = PlayId { bulletin: Uuid::nil(), ..play };
    world.report("loa-1", elsewhere, Kind::BroadcastPlayed, json!({})).await;
    world.report("loa-9", play, Kind::BroadcastPlayed, json!({})).await;
    let no_time = json!({ "occurrence": 5, "started_at": "soon" });
    world.report("loa-1", play, Kind::BroadcastPlayed, no_time).await;
    assert_eq!(stages(&world).await, [TargetStage::Pending; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_is_explained_and_not_given_up() {
    let mut world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let command_id = world.sent()[0].id;
    let reason = Some("its clock is not trusted".to_owned());
    let reply = Reply { command_id, state: ReplyState::Refused, reason };
    world.ledger.replied(&"loa-1".parse().unwrap(), &reply);
    let refusal = world.refusals.recv().await.unwrap();
    world.store.write(move |conn| refusal.store(conn)).await.unwrap();
    let target = world.plays().await[0].targets[0].clone();
    assert_eq!(target.stage, TargetStage::Pending);
    assert_eq!(target.reason.as_deref(), Some("its clock is not trusted"));
    world.report("loa-1", play, Kind::BroadcastOrdered, json!({})).await;
    assert_eq!(world.plays().await[0].targets[0].reason, None);
}
