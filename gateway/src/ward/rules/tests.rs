//! Rules that are edited while a camera runs: who wins, what is kept, what a restart makes of it.

use base::SimClock;
use models::RuleKind;
use tokio::sync::watch;

use super::*;
use crate::clock_trust::ClockTrust;
use crate::report::ReporterSettings;
use crate::report::rows::Bound;
use crate::ward::camera::{CameraView, PictureDesk};

const STEPS: &[&str] = &[
    crate::report::SCHEMA,
    crate::ward::record::SCHEMA,
    crate::ward::record::SCHEMA_EVIDENCE,
    crate::ward::record::SCHEMA_KEEPING,
    crate::report::SCHEMA_AUDIT,
];

/// A box with one camera, which has one rule in its file.
pub(in crate::ward) struct Desk {
    pub(in crate::ward) book: RuleBook,
    pub(in crate::ward) orders: CameraOrders,
    pub(in crate::ward) store: Store,
    _folder: tempfile::TempDir,
}

pub(in crate::ward) fn rule(id: &str, kind: &str) -> Value {
    json!({ "id": id, "kind": kind, "area": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] })
}

pub(in crate::ward) async fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let (store, thread) = Store::open(&folder.path().join("ward.db"), STEPS).unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let settings = ReporterSettings {
        device: "box-demo-1".parse().unwrap(),
        site: "da-nang".into(),
        clock: Arc::new(SimClock::new(now)),
        trust: ClockTrust::new(true),
        bound: Bound { n_rows: 1_000, n_bytes: 1_000_000 },
    };
    let reporter = Reporter::open(&store, &thread, settings).await.unwrap();
    let (_, view) = watch::channel(CameraView::new(now));
    let orders = CameraOrders::default();
    let camera = CameraHandle {
        id: "cam-1".parse().unwrap(),
        name: "Ngã tư".into(),
        purpose: String::new(),
        has_masks: false,
        view,
        figures: Arc::default(),
        desk: PictureDesk::default(),
        orders: orders.clone(),
    };
    let (model, zone) = model_and_zone();
    let from_file = rules_from_json(&[rule("tep", "enter")], &model, &zone).unwrap();
    let from_file = FileRules::from([(camera.id.clone(), from_file)]);
    let book = RuleBook::new(reporter, model, zone, from_file, &[camera]);
    Desk { book, orders, store, _folder: folder }
}

fn model_and_zone() -> (Entry, TimeZone) {
    let manifest = Manifest::built_in().unwrap();
    (manifest.entry("yolox-nano").unwrap().clone(), TimeZone::get("Asia/Ho_Chi_Minh").unwrap())
}

fn lan(revision: u64) -> Asker {
    Asker::User { name: "lan".to_owned(), revision }
}

impl Desk {
    pub(in crate::ward) async fn n_audits(&self) -> u64 {
        let count = "SELECT count(*) FROM outbox WHERE stream = 'audit'";
        self.store.read(move |conn| conn.query_row(count, [], |row| row.get(0))).await.unwrap()
    }
}

#[tokio::test]
async fn an_edit_is_stored_written_down_and_obeyed() {
    let desk = desk().await;
    let before = desk.book.of("cam-1").await.unwrap();
    assert_eq!((before.source, before.revision, before.edited), (Source::File, 0, None));
    let sent = [rule("a", "leave"), rule("b", "loiter")];
    let made = desk.book.change("cam-1", Some(&sent), lan(0)).await.unwrap();
    assert_eq!((made.source, made.revision), (Source::Console, 1));
    assert_eq!(made.edited.as_ref().unwrap().0, "lan");
    assert_eq!(desk.orders.take_rules(), Some(made.rules.clone()));
    let shown = desk.book.of("cam-1").await.unwrap();
    assert_eq!((shown.rules, shown.source, shown.revision), (made.rules, made.source, 1));
    assert_eq!(desk.n_audits().await, 1);
}

#[tokio::test]
async fn an_edit_that_nobody_waits_for_any_more_is_obeyed_once_it_is_stored() {
    let desk = desk().await;
    let sent = [rule("a", "leave")];
    let mut change = Box::pin(desk.book.change("cam-1", Some(&sent), lan(0)));
    tokio::select! {
        biased;
        _ = &mut change => panic!("it was to be left on its way"),
        () = std::future::ready(()) => {}
    }
    drop(change);
    let shown = desk.book.of("cam-1").await.unwrap();
    assert_eq!(shown.revision, 1);
    assert_eq!(desk.orders.take_rules(), Some(shown.rules));
}

#[tokio::test]
async fn who_edits_what_he_has_not_seen_is_refused() {
    let desk = desk().await;
    desk.book.change("cam-1", Some(&[rule("a", "leave")]), lan(0)).await.unwrap();
    desk.orders.take_rules();
    let late = desk.book.change("cam-1", Some(&[]), lan(0)).await;
    assert!(matches!(late, Err(RulesError::Changed { revision: 1 })), "{late:?}");
    assert_eq!(desk.orders.take_rules(), None);
    let elsewhere = desk.book.change("cam-2", Some(&[]), lan(0)).await;
    assert!(matches!(elsewhere, Err(RulesError::NoSuchCamera)), "{elsewhere:?}");
    let wrong = desk.book.change("cam-1", Some(&[json!({ "id": "a" })]), lan(1)).await.unwrap_err();
    assert_eq!(wrong.to_string(), "rule 1.area: is missing");
    assert_eq!(desk.n_audits().await, 1);
}

#[tokio::test]
async fn the_rules_of_the_file_come_back_and_the_count_goes_on() {
    let desk = desk().await;
    desk.book.change("cam-1", Some(&[]), lan(0)).await.unwrap();
    let reset = Asker::Reset { name: "minh".to_owned() };
    let back = desk.book.change("cam-1", None, reset).await.unwrap();
    assert_eq!((back.source, back.revision), (Source::File, 2));
    assert_eq!(back.rules[0].id.as_str(), "tep");
    assert_eq!(desk.orders.take_rules(), Some(back.rules.clone()));
    let shown = desk.book.of("cam-1").await.unwrap();
    assert_eq!((shown.rules, shown.source, shown.revision), (back.rules, Source::File, 2));
    assert_eq!(shown.edited.unwrap().0, "minh");
}

/// What [`take_up_edits`] makes of what is stored: the rules that are used then.
async fn after_a_restart(desk: &Desk) -> Vec<Rule> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vong.toml");
    let text = "device = 'box-1'\ndata_dir = 'data'\nidentity.dir = 'identity'\n\
                uplink.host = 'centre'\nlocal_broker.host = '127.0.0.1'\n\
                [[camera]]\nid = 'cam-1'\nurl = 'rtsp://10.0.0.2/sub'\n[[camera.rule]]\n\
                id = 'tep'\narea = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n";
    std::fs::write(&path, text).unwrap();
    let mut config = config::Ward::read(&path).unwrap();
    let from_file = take_up_edits(&mut config, &desk.store).await.unwrap();
    assert_eq!(from_file[&config.cameras[0].id][0].id.as_str(), "tep");
    config.cameras[0].rules.clone()
}

#[tokio::test]
async fn a_restart_takes_up_what_was_edited() {
    let desk = desk().await;
    assert_eq!(after_a_restart(&desk).await[0].id.as_str(), "tep");
    desk.book.change("cam-1", Some(&[rule("a", "leave")]), lan(0)).await.unwrap();
    let rules = after_a_restart(&desk).await;
    assert!(matches!(rules.as_slice(), [Rule { kind: RuleKind::Leave { .. }, .. }]), "{rules:?}");
    desk.book.change("cam-1", Some(&[]), lan(1)).await.unwrap();
    assert_eq!(after_a_restart(&desk).await, []);
    desk.book.change("cam-1", None, lan(2)).await.unwrap();
    assert_eq!(after_a_restart(&desk).await[0].id.as_str(), "tep");
}

#[tokio::test]
async fn an_edit_that_another_model_does_not_serve_gives_way_to_the_file() {
    let desk = desk().await;
    let sent = [json!({ "id": "a", "area": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] })];
    desk.book.change("cam-1", Some(&sent), lan(0)).await.unwrap();
    let other = "UPDATE camera_rules SET rules = replace(rules, 'person', 'drone')";
    desk.store.write(move |conn| conn.execute(other, [])).await.unwrap();
    assert_eq!(after_a_restart(&desk).await[0].id.as_str(), "tep");
    let shown = desk.book.of("cam-1").await.unwrap();
    assert_eq!((shown.source, shown.revision), (Source::File, 1));
}
