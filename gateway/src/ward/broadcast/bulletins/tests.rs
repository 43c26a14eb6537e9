//! The service on a real store, and once through with real sound.

use base::{Clock as _, Sha256};
use broadcast::Priority;
use broadcast::bulletin::Stage;
use broadcast::plan::Decision;

use super::super::error::Fault;
use super::super::testing::{World, at, user};
use super::super::view::Origin;
use super::*;

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

fn seen(view: &BulletinView) -> Seen {
    let schedule = view.schedule.as_ref().map(mark);
    Seen { audio: Some(view.content.sha256), schedule }
}

/// Two days ahead: what is planned that early asks everybody, whatever it is called.
const BEFORE_DAWN: &str = "2026-01-07T04:45:00+07:00";

#[tokio::test(start_paused = true)]
async fn before_dawn_it_takes_a_second_approver_who_saw_the_hour() {
    let world = World::new().await;
    let id = world.approved(Priority::Emergency).await;
    world.advance(1).await;
    let made = world.schedule(id, BEFORE_DAWN).await;
    assert_eq!((made.bulletin.stage, made.bulletin.is_second_missing), (Stage::Approved, true));
    let Decision::HeldBack(reason) = &made.next[0].decision else { panic!("one is not two") };
    assert_eq!(
        reason.to_string(),
        "it would sound outside normal hours (2026-01-06T21:45:00Z), and one person alone approved it"
    );
    for name in ["lan", "minh"] {
        let refused = world.bulletins.approve(&user(name), id, seen(&made.bulletin)).await;
        assert_eq!(refused.unwrap_err().fault(), Fault::Forbidden, "{name}");
    }
    let view = world.bulletins.approve(&user("hoa"), id, seen(&made.bulletin)).await.unwrap();
    assert_eq!((view.stage, view.is_second_missing), (Stage::Scheduled, false));
    assert_eq!(view.approved_by().unwrap(), "minh, hoa");
    assert_eq!(
        audit(&world).await,
        [
            "lan bulletin.submit",
            "minh bulletin.approve",
            "minh bulletin.schedule",
            "hoa bulletin.approve"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_approval_of_an_hour_that_was_moved_meanwhile_is_none() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let shown = world.schedule(id, BEFORE_DAWN).await.bulletin;
    world.schedule(id, "2026-01-06T03:15:00+07:00").await;
    let refused = world.bulletins.approve(&user("hoa"), id, seen(&shown)).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Conflict);
    assert!(refused.to_string().contains("calendar entry changed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn second_approvers_at_once_are_counted_or_told() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let shown = world.schedule(id, BEFORE_DAWN).await.bulletin;
    let mut signing = tokio::task::JoinSet::new();
    for name in ["hoa", "mai", "cuc", "dao", "sen"] {
        let (bulletins, seen) = (world.bulletins.clone(), seen(&shown));
        signing.spawn(async move { bulletins.approve(&user(name), id, seen).await });
    }
    let mut n_counted = 0;
    for one in signing.join_all().await {
        match one {
            Ok(view) => {
                n_counted += 1;
                assert_eq!(view.stage, Stage::Scheduled);
            }
            Err(refused) => assert_eq!(refused.fault(), Fault::Conflict, "{refused}"),
        }
    }
    assert_eq!(n_counted, 1);
    let view = world.bulletins.show(id).await.unwrap();
    assert_eq!((view.stage, view.approvals.len()), (Stage::Scheduled, 2));
    let n_approvals = audit(&world).await.iter().filter(|it| it.contains("approve")).count();
    assert_eq!(n_approvals, 2, "minh's, and the one that counted");
}

#[tokio::test(start_paused = true)]
async fn whoever_approved_and_then_edited_does_not_approve_again() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    world.bulletins.edit(&user("minh"), id, Some("Tin mới".into()), None).await.unwrap();
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    for name in ["lan", "minh"] {
        let refused = world.bulletins.approve(&user(name), id, Seen::default()).await.unwrap_err();
        assert_eq!(refused.fault(), Fault::Forbidden, "{name}");
    }
    world.bulletins.approve(&user("hoa"), id, Seen::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_author_does_not_approve_own_work_after_somebody_else_edited_it() {
    let world = World::new().await;
    let id = world.draft(Priority::Normal).await;
    world.bulletins.edit(&user("hoa"), id, Some("Tin đã sửa".into()), None).await.unwrap();
    world.bulletins.submit(&user("hoa"), id).await.unwrap();
    let refused = world.bulletins.approve(&user("lan"), id, Seen::default()).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn sound_that_changed_on_the_disk_is_not_approved() {
    let world = World::new().await;
    let id = world.draft(Priority::Normal).await;
    world.bulletins.submit(&user("lan"), id).await.unwrap();
    std::fs::write(world.sound(), "một âm thanh khác").unwrap();
    let refused = world.bulletins.approve(&user("minh"), id, Seen::default()).await.unwrap_err();
    assert!(matches!(refused, BulletinError::SoundChanged { .. }));
    assert_eq!(world.bulletins.show(id).await.unwrap().stage, Stage::Submitted);
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_grew_old_plays_again_once_somebody_renews_it() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let made = world.schedule(id, "2026-03-02T09:00:00+07:00").await;
    let Decision::HeldBack(reason) = &made.next[0].decision else { panic!("it is too old then") };
    assert_eq!(
        reason.to_string(),
        "its approval holds until 2026-02-04T01:00:00Z: somebody must approve it afresh"
    );
    assert_eq!(made.bulletin.approved_until, Some(at("2026-02-04T01:00:00Z")));
    world.advance(35 * 24 * 3_600).await;
    let view = world.bulletins.approve(&user("hoa"), id, seen(&made.bulletin)).await.unwrap();
    assert_eq!((view.stage, view.approved_by().unwrap().as_str()), (Stage::Scheduled, "hoa"));
    assert_eq!(view.approved_until, Some(at("2026-03-11T01:00:00Z")));
}

#[tokio::test(start_paused = true)]
async fn the_audit_entry_of_an_approval_holds_the_words_and_the_sound() {
    let text = "Chào cả nhà. ".repeat(4_000);
    let origin = Origin::Speech {
        text: "17h30".to_owned(),
        normalised: text.clone(),
        voice: "north".to_owned(),
    };
    let detail = approved(Sha256::of(b"tin"), None, &origin);
    assert_eq!(detail["sha256"], Sha256::of(b"tin").to_string());
    assert_eq!(detail["text"]["words"], "17h30");
    assert_eq!(detail["normalised"]["sha256"], Sha256::of(text.as_bytes()).to_string());
    assert_eq!(detail["normalised"]["is_whole"], false, "an entry fits into a message");
}

#[tokio::test(start_paused = true)]
async fn an_edit_voids_the_approval() {
    let world = World::new().await;
    let id = world.approved(Priority::Normal).await;
    let title = Some("Bản tin khác".to_owned());
    let view = world.bulletins.edit(&user("lan"), id, title, None).await.unwrap();
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
async fn a_programme_that_was_there_is_named_and_words_nobody_knows_are_listed() {
    let world = World::new().await;
    let text = |text: &str, voice: &str| NewBulletin {
        title: format!("{text} {voice}"),
        targets: Audience::All,
        priority: Priority::Normal,
        source: Source::Speech { text: text.to_owned(), voice: voice.to_owned() },
        expires_at: None,
    };
    let add = async |new| world.bulletins.add(&user("lan"), new).await.unwrap();
    let first = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "north")).await;
    assert_eq!((first.same_as.as_ref(), first.unknown.len()), (None, 1), "{:?}", first.unknown);
    assert!(world.bulletins.show(first.id).await.unwrap().unknown[0].contains("XQZW"));
    let waveform = world.bulletins.waveform(first.id).await.unwrap().unwrap();
    assert!(waveform.peaks().iter().any(|it| *it > 60), "speech is loud somewhere");
    let again = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "north")).await;
    let same_as = world.bulletins.show(again.id).await.unwrap().same_as.unwrap();
    assert_eq!((same_as.id, same_as.how.as_str()), (first.id, "file"));
    let south = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "south")).await;
    assert_eq!(south.same_as.unwrap().how.as_str(), "text");
    let other = add(text("Tiêm chủng cho trẻ em vào sáng mai tại trạm y tế.", "north")).await;
    assert_eq!(other.same_as, None);
}

#[cfg(feature = "gst")]
#[tokio::test]
async fn a_recording_in_another_container_is_the_same_programme() {
    let world = World::new().await;
    // The same samples, once with a chunk of its own behind the header.
    let wav = |extra: &[u8]| {
        let samples: Vec<u8> = (0..96_000_u32)
            .flat_map(|at| {
                let beat = if at / 9_600 % 3 == 0 { 300 } else { 9_000 };
                let wave = if at / 40 % 2 == 0 { beat } else { -beat };
                i16::to_le_bytes(wave)
            })
            .collect();
        let mut file =
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0"
                .to_vec();
        file.extend(extra);
        file.extend(b"data");
        file.extend(u32::try_from(samples.len()).unwrap().to_le_bytes());
        file.extend(samples);
        let n = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
        file[4..8].copy_from_slice(&n);
        file
    };
    let upload = async |bytes: Vec<u8>| {
        let mut spool = world.bulletins.spool().await.unwrap();
        spool.write(&bytes).await.unwrap();
        let new = NewBulletin {
            title: "Chuông".to_owned(),
            targets: Audience::All,
            priority: Priority::Normal,
            source: Source::Upload { file_name: "chuong.wav".to_owned(), spool },
            expires_at: None,
        };
        world.bulletins.add(&user("lan"), new).await.unwrap()
    };
    let first = upload(wav(b"")).await;
    assert_eq!(first.same_as, None);
    let titled = upload(wav(b"LIST\x04\0\0\0INFO")).await;
    let same_as = titled.same_as.unwrap();
    assert_eq!((same_as.id, same_as.how.as_str()), (first.id, "samples"));
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
    };
    let refused = world.bulletins.add(&user("lan"), new).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Unprocessable);
    assert!(refused.to_string().contains("choose an MP3"), "{refused}");
    assert_eq!(world.bulletins.list().await.unwrap().len(), 0);
}
