//! The service on a real store, and once through with real sound.

use base::{Clock as _, Sha256};
use broadcast::Priority;
use broadcast::bulletin::Stage;
use broadcast::place::Audience;
use broadcast::plan::Decision;

use super::super::error::Fault;
use super::super::policy::PolicyChoice;
use super::super::testing::{World, at, user};
use super::super::view::{Origin, Seen};
use super::*;

mod approval;
#[cfg(feature = "gst")]
mod sound;

fn in_a_minute(world: &World) -> ScheduleRequest {
    ScheduleRequest::At(world.clock.now() + Duration::from_mins(1))
}

async fn audit(world: &World) -> Vec<String> {
    let events = world.events().await;
    let entries = events.iter().filter(|it| it.0 == "audit.entry");
    entries.map(|it| format!("{} {}", it.1["user"], it.1["action"]).replace('"', "")).collect()
}

#[tokio::test(start_paused = true)]
async fn every_step_is_in_the_audit_log() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    world.bulletins.schedule(&user("minh"), id, in_a_minute(&world)).await.unwrap();
    assert_eq!(
        audit(&world).await,
        ["lan bulletin.submit", "minh bulletin.approve", "minh bulletin.schedule"]
    );
    let view = world.bulletins.show(id).await.unwrap();
    let approval = view.approval().unwrap();
    assert_eq!((view.stage, &approval.by), (Stage::Scheduled, &user("minh")));
    assert_eq!(approval.audio, view.content.sha256);
}

#[tokio::test(start_paused = true)]
async fn a_refused_step_changes_nothing_and_is_no_entry() {
    let world = World::new().await;
    let id = world.draft(Priority::Normal).await;
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    let own = world.bulletins.approve(&user("lan"), id, Seen::default()).await.unwrap_err();
    assert_eq!(own.fault(), Fault::Forbidden);
    let early = world.bulletins.schedule(&user("minh"), id, in_a_minute(&world)).await;
    assert_eq!(early.unwrap_err().fault(), Fault::Conflict);
    let audio = Some(Sha256::of(b"what was heard yesterday"));
    let other = Seen { audio, schedule: None };
    let changed = world.bulletins.approve(&user("minh"), id, other).await.unwrap_err();
    assert_eq!(changed.fault(), Fault::Conflict);
    assert_eq!(world.bulletins.show(id).await.unwrap().stage, Stage::Submitted);
    assert_eq!(audit(&world).await, ["lan bulletin.submit"]);
}

#[tokio::test(start_paused = true)]
async fn two_approvers_at_once_give_one_approval() {
    let world = World::new().await;
    let id = world.draft(Priority::Normal).await;
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    let (minh, hoa) = (user("minh"), user("hoa"));
    let (first, second) = tokio::join!(
        world.bulletins.approve(&minh, id, Seen::default()),
        world.bulletins.approve(&hoa, id, Seen::default())
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_voids_the_approval() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let title = Some("Bản tin khác".to_owned());
    let view = world
        .bulletins
        .edit(&user("lan"), id, Changes { title, ..Changes::default() })
        .await
        .unwrap();
    assert_eq!((view.stage, view.approval()), (Stage::Draft, None));
    assert_eq!(world.bulletins.show(id).await.unwrap().title, "Bản tin khác");
    let refused = world.bulletins.schedule(&user("minh"), id, in_a_minute(&world)).await;
    assert!(matches!(refused, Err(BulletinError::Refused(_))));
}

#[tokio::test(start_paused = true)]
async fn now_is_too_soon_and_the_earliest_is_named() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let now = world.clock.now();
    let refused = world.bulletins.schedule(&user("minh"), id, ScheduleRequest::At(now)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.fault(), Fault::Unprocessable);
    assert_eq!(
        refused.to_string(),
        "2026-01-05T01:00:00Z is too soon: the clusters need 5 s to get ready, so \
         2026-01-05T01:00:05Z is the earliest"
    );
    let at_five = ScheduleRequest::At(now + Duration::from_secs(5));
    world.bulletins.schedule(&user("minh"), id, at_five).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_cannot_be_is_refused_in_words() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    for (rule, expected) in [
        ("DTSTART:20250105T053000\nRRULE:FREQ=DAILY;COUNT=3", "no start between now and a year"),
        ("DTSTART:20260105T053000\nRRULE:FREQ=SECONDLY", "more than the 96 allowed"),
        ("RRULE:FREQ=DAILY", "no DTSTART"),
    ] {
        let request = ScheduleRequest::Rule(rule.to_owned());
        let refused = world.bulletins.schedule(&user("minh"), id, request).await.unwrap_err();
        assert_eq!(refused.fault(), Fault::Unprocessable);
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    world.trust.set(false);
    let refused = world.bulletins.schedule(&user("minh"), id, in_a_minute(&world)).await;
    assert!(matches!(refused, Err(BulletinError::ClockUntrusted)));
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_schedule_shows_what_is_held_back() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let scheduled = world.schedule(id, "2026-01-06T04:45:00+07:00").await;
    assert_eq!(scheduled.next.len(), 1);
    assert!(matches!(scheduled.next[0].decision, Decision::HeldBack(_)));
}

#[tokio::test]
async fn words_and_targets_are_checked_before_any_work() {
    let world = World::new().await;
    let new = |title: &str, targets: Audience| NewBulletin {
        title: title.to_owned(),
        targets,
        priority: Priority::Normal,
        source: Source::Speech { text: "Xin chào".to_owned(), voice: "north".to_owned() },
        expires_at: None,
        choice: PolicyChoice::default(),
    };
    let stranger = "loa-9".parse().unwrap();
    for (new, expected) in [
        (new("  ", Audience::All), "give it 1 to 200"),
        (new("Tin", Audience::Some(BTreeSet::new())), "no cluster is named"),
        (new("Tin", "place:20242".parse().unwrap()), "20242 is not in the ward's table of places"),
        (new("Tin", stranger), "\"loa-9\" is not a cluster of this ward"),
    ] {
        let refused = world.bulletins.add(&user("lan"), new).await.unwrap_err();
        assert_eq!(refused.fault(), Fault::Unprocessable);
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let unknown = world.bulletins.show(Uuid::nil()).await.unwrap_err();
    assert_eq!(unknown.fault(), Fault::NotFound);
}

#[cfg(feature = "gst")]
#[tokio::test]
async fn a_typed_text_becomes_sound_that_is_kept_under_its_hash() {
    let world = World::new().await;
    let text = "Kính mời bà con 17h30 ngày 2/9 ra nhà văn hóa.";
    let new = NewBulletin {
        title: "Mời họp".to_owned(),
        targets: Audience::All,
        priority: Priority::Normal,
        source: Source::Speech { text: text.to_owned(), voice: "south".to_owned() },
        expires_at: Some(at("2030-01-01T00:00:00Z")),
        choice: PolicyChoice::default(),
    };
    let view = world.bulletins.add(&user("lan"), new).await.unwrap();
    let audio = std::fs::read(world.bulletins.audio(view.id).await.unwrap()).unwrap();
    assert!(audio.starts_with(b"OggS"));
    assert_eq!(Sha256::of(&audio), view.content.sha256);
    assert_eq!(u64::try_from(audio.len()).unwrap(), view.content.bytes);
    assert!((-20.0..=-16.0).contains(&view.loudness_lufs), "{}", view.loudness_lufs);
    let Origin::Speech { normalised, .. } = view.origin else { panic!("it was spoken") };
    assert!(normalised.contains("ngày hai tháng chín"), "{normalised}");
    assert_eq!(world.bulletins.list().await.unwrap().len(), 1);
}

#[cfg(feature = "gst")]
#[tokio::test]
async fn an_upload_that_is_no_recording_is_refused_with_the_reason() {
    let world = World::new().await;
    let mut spool = world.bulletins.spool().await.unwrap();
    spool.write("đây không phải là âm thanh".repeat(50).as_bytes()).await.unwrap();
    let new = NewBulletin {
        title: "Nhạc".to_owned(),
        targets: Audience::All,
        priority: Priority::Normal,
        source: Source::Upload { file_name: "nhac.mp3".to_owned(), spool },
        expires_at: None,
        choice: PolicyChoice::default(),
    };
    let refused = world.bulletins.add(&user("lan"), new).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Unprocessable);
    assert!(refused.to_string().contains("choose an MP3"), "{refused}");
    assert_eq!(world.bulletins.list().await.unwrap().len(), 0);
}
