//! What an author chose for an interruption, as the clusters are told.

use broadcast::Resume;

use super::super::super::view::Changes;
use super::super::super::{PolicyChoice, SCHEMA, SCHEMA_POLICY};
use super::*;
use crate::order::CAN_DUCK;

fn choice(resume: Resume, catch_up: u64) -> PolicyChoice {
    PolicyChoice { resume: Some(resume), catch_up: Some(Duration::from_secs(catch_up)) }
}

/// A bulletin of `lan`'s with that choice, in the calendar for nine.
async fn scheduled(world: &World, choice: PolicyChoice) -> Uuid {
    let id = world.draft(Priority::Normal).await;
    let changes = Changes { choice, ..Changes::default() };
    world.bulletins.edit(&user("lan"), id, changes).await.unwrap();
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    world.bulletins.approve(&user("minh"), id, Seen::default()).await.unwrap();
    world.schedule(id, NINE).await;
    id
}

/// loa-1 says that it takes duck, nothing is known of loa-2.
fn views() -> ClusterViews {
    let capabilities = vec!["order.play".to_owned(), CAN_DUCK.to_owned()];
    let able = ClusterView { capabilities, ..ClusterView::default() };
    ClusterViews::from([
        ("loa-1".parse().unwrap(), able),
        ("loa-2".parse().unwrap(), ClusterView::default()),
    ])
}

/// The other way round.
fn swapped() -> ClusterViews {
    let [one, other] = ["loa-1", "loa-2"].map(|it| it.parse().unwrap());
    let mut views = views();
    let able = views.remove(&one).unwrap();
    let unknown = views.insert(other, able).unwrap();
    views.insert(one, unknown);
    views
}

fn resumes(sent: &[provisioning::Command]) -> Vec<(String, Resume)> {
    let read =
        |it: &provisioning::Command| (it.to.to_string(), play_from_json(&it.data).unwrap().resume);
    sent.iter().map(read).collect()
}

#[tokio::test(start_paused = true)]
async fn only_a_cluster_that_can_is_told_to_duck() {
    let mut world = World::new().await;
    *world.dispatcher.attendance() = Attendance::of(&views());
    scheduled(&world, choice(Resume::Duck, 20)).await;
    world.round().await;
    let first = world.sent();
    let expected = [("loa-1".to_owned(), Resume::Duck), ("loa-2".to_owned(), Resume::Skip)];
    assert_eq!(resumes(&first), expected);
    for command in &first {
        let order = play_from_json(&command.data).unwrap();
        assert_eq!(order.catch_up, Duration::from_secs(20));
        let window = order.play_until.duration_since(order.start_at).unsigned_abs();
        assert_eq!(window, Duration::from_secs(65), "neither owes anything afterwards");
    }
    // The box starts anew, before it has heard of anybody; then loa-2 can and loa-1 cannot.
    world.restart();
    for views in [ClusterViews::new(), swapped()] {
        *world.dispatcher.attendance() = Attendance::of(&views);
        world.advance(600).await;
        world.round().await;
        assert_eq!(world.sent(), first, "the same order to the byte");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_was_never_seen_is_told_to_skip() {
    let world = World::new().await;
    scheduled(&world, choice(Resume::Duck, 60)).await;
    world.round().await;
    assert!(resumes(&world.sent()).iter().all(|it| it.1 == Resume::Skip));
}

#[tokio::test(start_paused = true)]
async fn a_choice_holds_whatever_the_priority_and_an_edit_of_it_recalls_the_order() {
    let world = World::new().await;
    let id = scheduled(&world, choice(Resume::Restart, 0)).await;
    world.round().await;
    let order = play_from_json(&world.sent()[0].data).unwrap();
    assert_eq!((order.resume, order.catch_up), (Resume::Restart, Duration::ZERO));
    let window = order.play_until.duration_since(order.start_at).unsigned_abs();
    assert_eq!(window, Duration::from_secs(65 + 1_800));
    let entry = world.events().await.into_iter().find(|it| it.1["action"] == "bulletin.approve");
    let (_, entry) = entry.unwrap();
    assert_eq!((&entry["resume"], &entry["catch_up_ms"]), (&json!("restart"), &json!(0)));

    let changes = Changes { choice: choice(Resume::Resume, 60), ..Changes::default() };
    let view = world.bulletins.edit(&user("lan"), id, changes).await.unwrap();
    assert_eq!((view.stage.as_str(), view.approval()), ("draft", None));
    world.round().await;
    assert_eq!(world.sent_kinds(), ["loa-1 order.stop", "loa-2 order.stop"]);
    let changes = Changes { choice: choice(Resume::Skip, 61), ..Changes::default() };
    let refused = world.bulletins.edit(&user("lan"), id, changes).await.unwrap_err();
    assert!(refused.to_string().contains("cannot begin 61 s late"), "{refused}");
}

#[test]
fn what_was_ordered_before_there_was_a_choice_stays_as_it_was() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (at, priority) in ["normal", "priority", "emergency"].into_iter().enumerate() {
        let sql = "INSERT INTO play (bulletin_id, occurrence_ms, start_at_ms, play_until_ms, \
                   priority, approved_by, audio_sha256, audio_bytes, duration_ms, stage, \
                   decided_at_ms) \
                   VALUES ('b', ?1, 1, 2, ?2, 'minh', ?3, 1, 60000, 'ordered', 0)";
        conn.execute(sql, rusqlite::params![at, priority, "0".repeat(64)]).unwrap();
    }
    conn.execute_batch(SCHEMA_POLICY).unwrap();
    let mut query =
        conn.prepare("SELECT resume, catch_up_ms FROM play ORDER BY occurrence_ms").unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(String, i64)> = rows.collect::<Result<_, _>>().unwrap();
    let before = ["skip", "resume", "restart"].map(|it| (it.to_owned(), 60_000));
    assert_eq!(rows, before);
}
