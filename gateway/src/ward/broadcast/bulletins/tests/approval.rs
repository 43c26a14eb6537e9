//! Who must sign, for what, and until when it holds.

use broadcast::bulletin::mark;

use super::super::step::approved;
use super::*;

fn seen(view: &BulletinView) -> Seen {
    let schedule = view.schedule.as_ref().map(|it| mark(it, &view.days));
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
    world
        .bulletins
        .edit(&user("minh"), id, Changes { title: Some("Tin mới".into()), ..Changes::default() })
        .await
        .unwrap();
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
    world
        .bulletins
        .edit(&user("hoa"), id, Changes { title: Some("Tin đã sửa".into()), ..Changes::default() })
        .await
        .unwrap();
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
