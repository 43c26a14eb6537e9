//! Bulletins for places on a box with two clusters: the place of each is asked on the day of each start.

use broadcast::{PlayId, Priority};
use uuid::Uuid;

use super::super::testing::{World, at, user};
use super::super::view::Changes;
use super::super::view::{ScheduleRequest, Seen};
use super::*;

const HEADINGS: &str = "code,kind,name,valid_from,valid_to,parent,successors\n";
/// loa-1 in one ward, loa-2 in another.
const TWO_WARDS: &str = "20227,ward,Thanh Bình,2000-01-01,,,\n20236,ward,Hải Châu I,2000-01-01,,,\n\
                         loa-1,cluster,Chợ,2000-01-01,,20227,\nloa-2,cluster,Đình,2000-01-01,,20236,\n";
/// Tomorrow both are one ward, under the code of the second.
const MERGED_TOMORROW: &str = "20227,ward,Thanh Bình,2000-01-01,2026-01-06,,20236\n\
                               20236,ward,Hải Châu I,2000-01-01,2026-01-06,,\n\
                               20236,ward,Hải Châu,2026-01-06,,,\n\
                               loa-1,cluster,Chợ,2000-01-01,2026-01-06,20227,\n\
                               loa-1,cluster,Chợ,2026-01-06,,20236,\n\
                               loa-2,cluster,Đình,2000-01-01,,20236,\n";

async fn import(world: &World, rows: &str) {
    let table = format!("{HEADINGS}{rows}");
    world.places.import("ky-thuat", table.into_bytes()).await.unwrap();
}

/// An approved bulletin for these targets.
async fn approved(world: &World, targets: &str) -> Uuid {
    let id = world.draft(Priority::Normal).await;
    let targets = Some(targets.parse().unwrap());
    world
        .bulletins
        .edit(&user("lan"), id, Changes { targets, ..Changes::default() })
        .await
        .unwrap();
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    world.bulletins.approve(&user("minh"), id, Seen::default()).await.unwrap();
    id
}

async fn scheduled(world: &World, targets: &str, start_at: &str) -> PlayId {
    let bulletin = approved(world, targets).await;
    world.schedule(bulletin, start_at).await;
    PlayId { bulletin, occurrence: at(start_at) }
}

/// "start cluster cluster: reason" of each play.
async fn plays(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    for play in world.plays().await {
        let clusters: Vec<&str> = play.targets.iter().map(|it| it.cluster.as_str()).collect();
        let reason = play.reason.map(|it| format!(": {it}")).unwrap_or_default();
        let (stage, start) = (play.stage.as_str(), play.start_at);
        told.push(format!("{start} {stage} {}{reason}", clusters.join(" ")));
    }
    told.sort();
    told
}

#[tokio::test(start_paused = true)]
async fn a_place_becomes_the_clusters_that_hang_on_it() {
    let world = World::new().await;
    import(&world, TWO_WARDS).await;
    scheduled(&world, "place:20227", "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play"]);
    let (kind, audit) = world.events().await.remove(0);
    assert_eq!((kind.as_str(), &audit["action"]), ("audit.entry", &"places.import".into()));
    assert_eq!((&audit["user"], &audit["n_rows"]), (&"ky-thuat".into(), &4.into()));
}

#[tokio::test(start_paused = true)]
async fn places_that_share_no_cluster_do_not_clash() {
    let world = World::new().await;
    import(&world, TWO_WARDS).await;
    let start = "2026-01-05T09:00:00+07:00";
    for targets in ["place:20227", "place:20236", "loa-2"] {
        scheduled(&world, targets, start).await;
        world.advance(1).await;
    }
    world.round().await;
    let plays = plays(&world).await;
    assert!(plays[1].ends_with("ordered loa-1"), "{plays:?}");
    assert!(plays[2].ends_with("ordered loa-2"), "{plays:?}");
    assert!(plays[0].contains("held_back : ") && plays[0].contains("same clusters"), "{plays:?}");
}

#[tokio::test(start_paused = true)]
async fn a_place_without_a_cluster_is_the_reason_and_plays_once_it_has_one() {
    let world = World::new().await;
    import(&world, &TWO_WARDS.replace("loa-1,", "loa-9,")).await;
    let play = scheduled(&world, "place:20227", "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    // loa-9 is there, and is another box's.
    let reason = "no loudspeaker cluster hangs on the places it is for on that day";
    assert_eq!(plays(&world).await, [format!("2026-01-05T02:00:00Z held_back : {reason}")]);
    assert_eq!(world.sent_kinds(), Vec::<String>::new());

    import(&world, TWO_WARDS).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play"]);
    assert_eq!(world.plays().await[0].play, play);

    import(&world, "20227,ward,Thanh Bình,2000-01-01,,,\n").await;
    let at_noon = scheduled(&world, "place:20227", "2026-01-05T12:00:00+07:00").await;
    world.round().await;
    let noon = world.plays().await.into_iter().find(|it| it.play == at_noon).unwrap();
    let reason = "no loudspeaker cluster hangs on Thanh Bình (20227)";
    assert_eq!(noon.reason.as_deref(), Some(reason));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_crosses_a_merger_stays_with_its_streets() {
    let world = World::new().await;
    import(&world, MERGED_TOMORROW).await;
    let starts = "DTSTART:20260105T090000\nRDATE:20260105T090000,20260106T070000";
    for ward in ["20227", "20236"] {
        let id = approved(&world, &format!("place:{ward}")).await;
        let request = ScheduleRequest::Rule(starts.to_owned());
        let made = world.bulletins.schedule(&user("minh"), id, request).await.unwrap();
        assert_eq!(made.next.len(), 2);
    }
    world.round().await;
    let expected = [
        "2026-01-05T02:00:00Z ordered loa-1",
        "2026-01-05T02:00:00Z ordered loa-2",
        "2026-01-06T00:00:00Z ordered loa-1",
        "2026-01-06T00:00:00Z ordered loa-2",
    ];
    assert_eq!(plays(&world).await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_merged_ward_is_all_of_it_for_who_approves_it_afterwards() {
    let world = World::new().await;
    import(&world, &MERGED_TOMORROW.replace("2026-01-06", "2026-01-05")).await;
    scheduled(&world, "place:20236", "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    assert_eq!(plays(&world).await, ["2026-01-05T02:00:00Z ordered loa-1 loa-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_changes_what_is_ordered_has_it_ordered_anew() {
    let world = World::new().await;
    import(&world, TWO_WARDS).await;
    let play = scheduled(&world, "place:20227", "2026-01-05T09:00:00+07:00").await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.play"]);
    import(
        &world,
        &TWO_WARDS.replace(
            "loa-2,cluster,Đình,2000-01-01,,20236",
            "loa-2,cluster,Đình,2000-01-01,,20227",
        ),
    )
    .await;
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop"]);
    world.advance(5).await;
    world.round().await;
    let again = world.sent();
    let kinds: Vec<String> = again.iter().map(|it| format!("{} {}", it.to, it.kind)).collect();
    assert_eq!(kinds, ["loa-1 order.play", "loa-2 order.play"]);
    assert_eq!(again[0].data["start_at"], "2026-01-05T02:00:00Z");
    let plays = world.plays().await;
    assert_eq!((plays[0].play, plays[0].stage), (play, PlayStage::Withdrawn));
    world.advance(5).await;
    world.round().await;
    assert_eq!(world.sent_kinds(), Vec::<String>::new(), "and then it is quiet");
}

#[tokio::test(start_paused = true)]
async fn a_table_with_mistakes_changes_nothing() {
    let world = World::new().await;
    import(&world, TWO_WARDS).await;
    let refused = world.places.import("lan", b"code\n".to_vec()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the table of places has 3 problems");
    assert_eq!((world.places.page().revision, world.places.page().tree.rows().len()), (1, 4));
}
