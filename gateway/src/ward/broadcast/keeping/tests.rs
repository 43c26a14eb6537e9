//! Files and bulletins that grow old on a virtual clock.

use base::Clock as _;
use broadcast::Priority;

use super::super::testing::{World, at, user};
use super::super::view::{ScheduleRequest, Seen};
use super::*;

const DAY: Duration = Duration::from_hours(24);
const KEEP: Duration = Duration::from_hours(30 * 24);

/// Files get their age from the disk: as old as the test wants them.
async fn look(world: &World, sha256: Sha256) -> bool {
    let dir = world.content_dir();
    let keeper = ContentKeeper { dir: dir.clone(), keep: KEEP, reporter: world.reporter.clone() };
    keeper.look().await.unwrap();
    dir.join(format!("{sha256}.opus")).exists()
}

fn tin() -> Sha256 {
    Sha256::of(b"tin")
}

async fn days(world: &World, n: u64) {
    world.advance(n * 24 * 3_600).await;
}

#[tokio::test(start_paused = true)]
async fn sound_goes_a_retention_after_its_last_play_and_is_missed_by_no_bulletin() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, "2026-01-25T09:00:00+07:00").await;
    days(&world, 19).await;
    assert!(look(&world, tin()).await, "it is to play tomorrow");
    world.round().await;
    days(&world, 2).await;
    world.round().await;
    assert!(look(&world, tin()).await, "it has just played");
    days(&world, 28).await;
    assert!(look(&world, tin()).await);
    days(&world, 2).await;
    assert!(!look(&world, tin()).await);
    let (kind, data) = world.events().await.pop().unwrap();
    assert_eq!((kind.as_str(), &data["action"]), ("audit.entry", &json!("content.removed")));
    // Whoever wants it again is told, instead of an order for what is not there.
    let request = ScheduleRequest::At(world.clock.now() + DAY);
    let refused = world.bulletins.schedule(&user("minh"), play.bulletin, request).await;
    assert!(refused.unwrap_err().to_string().contains("hand it in again"));
}

#[tokio::test(start_paused = true)]
async fn what_is_approved_or_plays_again_is_never_removed() {
    let world = World::new().await;
    let approved = world.approved(Priority::Normal).await;
    days(&world, 400).await;
    assert!(look(&world, tin()).await, "approved, and not in the calendar yet");
    // The next one is in 2028.
    let leap = ScheduleRequest::Rule("DTSTART:20240229T090000\nRRULE:FREQ=YEARLY".to_owned());
    let scheduled = world.bulletins.schedule(&user("minh"), approved, leap).await;
    if scheduled.is_ok() {
        assert!(look(&world, tin()).await);
    }
    let daily = ScheduleRequest::Rule("DTSTART:20260105T090000\nRRULE:FREQ=DAILY".to_owned());
    world.bulletins.schedule(&user("minh"), approved, daily).await.unwrap();
    days(&world, 400).await;
    assert!(look(&world, tin()).await);
}

#[tokio::test(start_paused = true)]
async fn a_signature_is_a_use_of_the_sound() {
    let world = World::new().await;
    let play = world.scheduled(Priority::Normal, "2026-01-07T09:00:00+07:00").await;
    days(&world, 25).await;
    world.bulletins.approve(&user("hoa"), play.bulletin, Seen::default()).await.unwrap();
    days(&world, 20).await;
    assert!(look(&world, tin()).await, "somebody listened to it 20 days ago");
    days(&world, 11).await;
    assert!(!look(&world, tin()).await);
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_nobody_took_up_goes_and_a_foreign_file_stays() {
    let world = World::new().await;
    world.draft(Priority::Normal).await;
    let foreign = world.content_dir().join("readme.txt");
    std::fs::write(&foreign, "by hand").unwrap();
    days(&world, 29).await;
    assert!(look(&world, tin()).await);
    days(&world, 2).await;
    assert!(!look(&world, tin()).await);
    assert!(foreign.exists());
}

#[test]
fn a_file_without_a_bulletin_is_given_a_day() {
    let now = at("2026-01-05T08:00:00+07:00");
    assert!(!is_old(None, DAY, KEEP, now));
    assert!(is_old(None, DAY + Duration::from_secs(1), KEEP, now));
    let needed = Sound { is_needed: true, last_used_at: None };
    assert!(!is_old(Some(&needed), KEEP * 100, KEEP, now));
    let unused = Sound { is_needed: false, last_used_at: None };
    assert!(!is_old(Some(&unused), KEEP, KEEP, now), "the file itself is new");
}
