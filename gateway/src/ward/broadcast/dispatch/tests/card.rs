//! A cluster whose card was replaced, or is back.

use super::load::{see, view};
use super::*;

/// loa-2, with the outbox of this card.
fn with_card(world: &World, card: u128) -> ClusterView {
    let epoch = Some(Uuid::from_u128(card));
    ClusterView { epoch, ..view(Presence::Online, Some(world.clock.now())) }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_with_another_card_is_sent_what_it_had_acknowledged() {
    let world = World::new().await;
    let mut online = Attendance::default();
    see(&world, with_card(&world, 1), &mut online).await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    for cluster in ["loa-1", "loa-2"] {
        world.report(cluster, play, Kind::BroadcastOrdered, json!({})).await;
    }
    let first = world.sent().pop().unwrap();

    let off = ClusterView { presence: Some(Presence::Offline), ..with_card(&world, 1) };
    for (seen, why) in [(off, "gone"), (with_card(&world, 1), "the same card")] {
        world.advance(301).await;
        see(&world, seen, &mut online).await;
        assert_eq!(world.sent_kinds(), [""; 0], "{why}");
    }
    // Somebody was quick: the broker never saw it go.
    see(&world, with_card(&world, 2), &mut online).await;
    let sent = world.sent();
    let orders: Vec<_> = sent.iter().map(|it| (it.to.as_str(), &it.data)).collect();
    assert_eq!(orders, [("loa-2", &first.data)], "to the cluster with the new card alone");
    assert_ne!(sent[0].id, first.id, "a card that is back knows the old command");
    assert_eq!(world.plays().await[0].targets[1].stage, TargetStage::Pending);

    world.report("loa-2", play, Kind::BroadcastPlayed, json!({})).await;
    see(&world, with_card(&world, 3), &mut online).await;
    assert_eq!(world.sent_kinds(), [""; 0], "what was played is over");
}

#[tokio::test(start_paused = true)]
async fn what_is_recalled_before_a_new_card_has_it_is_stopped_all_the_same() {
    let world = World::new().await;
    let mut online = Attendance::default();
    see(&world, with_card(&world, 1), &mut online).await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.report("loa-2", play, Kind::BroadcastOrdered, json!({})).await;
    world.sent();
    world.set_link(false);
    see(&world, with_card(&world, 2), &mut online).await;
    world.bulletins.unschedule(&user("minh"), play.bulletin).await.unwrap();
    world.round().await;
    world.set_link(true);
    world.round().await;
    let stops = world.sent_kinds();
    assert!(stops.iter().any(|it| it == "loa-2 order.stop"), "it may be the old card: {stops:?}");
}
