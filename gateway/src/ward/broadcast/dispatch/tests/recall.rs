//! What people take back, and what stays of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_approver_takes_a_play_out_of_the_calendar_and_it_falls_silent() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    world.sent();
    // Ten seconds of it have been heard.
    world.advance(3_610).await;
    for cluster in ["loa-1", "loa-2"] {
        world.report(cluster, play, Kind::BroadcastOrdered, json!({})).await;
        world.report(cluster, play, Kind::BroadcastStarted, json!({})).await;
    }
    let out = world.bulletins.unschedule(&user("minh"), play.bulletin).await.unwrap();
    assert_eq!((out.stage.as_str(), &out.schedule), ("approved", &None));
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop", "loa-2 order.stop"]);
    let again = world.bulletins.unschedule(&user("minh"), play.bulletin).await.unwrap_err();
    assert!(again.to_string().contains("cannot be taken out of the calendar"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn what_was_played_keeps_the_title_that_was_approved() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, NINE).await;
    world.round().await;
    let approved = world.plays().await[0].title.clone();
    let changes = Changes { title: Some("Tên khác".to_owned()), ..Changes::default() };
    world.bulletins.edit(&user("lan"), play.bulletin, changes).await.unwrap();
    world.round().await;
    assert_eq!(world.plays().await[0].title, approved);
}
