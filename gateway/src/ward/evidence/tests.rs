//! Findings on a real disk.

use base::{DeviceId, Picture, Plane, Score, Sha256, Size, new_uuid};
use media::CaptureClock;

use super::*;
use crate::config::Severity;

/// Remembers which alerts were to have a clip.
struct Noted(std::sync::mpsc::Sender<Uuid>);

impl ClipDesk for Noted {
    fn cut(&self, alert: &Alert) {
        self.0.send(alert.id).unwrap();
    }
}

fn alert() -> Box<Alert> {
    let captured_at = "2026-03-01T08:00:00Z".parse().unwrap();
    let id: DeviceId = "cam-1".parse().unwrap();
    Box::new(Alert {
        id: new_uuid(captured_at),
        camera: id.clone(),
        zone: id,
        zone_name: "Cổng".to_owned(),
        rule: "enter",
        severity: Severity::Warning,
        label: "person".to_owned(),
        score: Score::try_from(0.9).unwrap(),
        track: 1,
        n_objects: 1,
        area: [0.1, 0.1, 0.4, 0.9],
        began_at: captured_at,
        captured_at,
        clock: CaptureClock::Camera,
        raised_at: captured_at,
        snapshot: Snapshot::Missing { why: String::new() },
    })
}

fn shot() -> Shot {
    let pixels = vec![90; 64 * 48 * 3];
    let size = Size { width: 64, height: 48 };
    let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
    let area = Rect { x: 8.0, y: 8.0, width: 20.0, height: 30.0 };
    let photo = Photo::of(&picture).unwrap();
    Shot { photo, area: Some(area), hidden: vec![[0.1, 0.1, 0.4, 0.9]] }
}

/// Leaves the findings; gives the facts, and the alerts whose clips were wanted.
fn told(data_dir: &std::path::Path, findings: Vec<Finding>) -> (Vec<CameraFact>, Vec<Uuid>) {
    let (facts_tx, mut facts) = mpsc::channel(8);
    let (clips_tx, clips) = std::sync::mpsc::channel();
    let clips_desk = Box::new(Noted(clips_tx));
    let (desk, _) = start(data_dir.to_owned(), facts_tx, clips_desk, RoomCall::default()).unwrap();
    for finding in findings {
        desk.leave(finding);
    }
    drop(desk);
    let told = std::iter::from_fn(|| facts.blocking_recv()).collect();
    (told, clips.iter().collect())
}

#[test]
fn an_alert_is_told_when_both_its_pictures_are_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let alert = alert();
    let id = alert.id;
    let (facts, clips) = told(dir.path(), vec![Finding::Raised { alert, shot: Some(shot()) }]);
    let [CameraFact::Raised(alert)] = &facts[..] else { panic!("{facts:?}") };
    let Snapshot::Kept(pictures) = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
    for file in [&pictures.boxed, &pictures.original] {
        let jpeg = std::fs::read(dir.path().join(&file.path)).unwrap();
        assert!(file.path.starts_with("pictures/2026-03-01") && jpeg.starts_with(&[0xFF, 0xD8]));
        assert_eq!(file.sha256, Sha256::of(&jpeg));
        assert_eq!(file.n_bytes, u64::try_from(jpeg.len()).unwrap());
    }
    assert_ne!(pictures.boxed.sha256, pictures.original.sha256, "one has a frame");
    assert_eq!(clips, [id]);
}

#[test]
fn an_alert_goes_out_without_its_picture_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("pictures"), b"a file where a folder should be").unwrap();
    let (facts, clips) =
        told(dir.path(), vec![Finding::Raised { alert: alert(), shot: Some(shot()) }]);
    let [CameraFact::Raised(alert)] = &facts[..] else { panic!("{facts:?}") };
    let Snapshot::Missing { why } = &alert.snapshot else { panic!("{:?}", alert.snapshot) };
    assert!(why.starts_with("the picture cannot be written: "), "{why}");
    assert_eq!(clips.len(), 1, "the clip may still do");
}

#[test]
fn a_better_picture_lies_beside_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let first = alert();
    let (alert, camera, at) = (first.id, first.camera.clone(), first.captured_at);
    let better = Finding::Better { alert, camera, at, n: 1, shot: shot() };
    let (facts, _) =
        told(dir.path(), vec![Finding::Raised { alert: first, shot: Some(shot()) }, better]);
    let [CameraFact::Raised(_), CameraFact::Updated(update)] = &facts[..] else {
        panic!("{facts:?}")
    };
    let News::Picture(pictures) = &update.news else { panic!("{update:?}") };
    assert!(pictures.boxed.path.to_string_lossy().ends_with("-1.jpg"));
    assert_eq!(std::fs::read_dir(dir.path().join("pictures/2026-03-01")).unwrap().count(), 4);
}

#[test]
fn a_test_alarm_proves_that_the_disk_takes_a_picture_and_keeps_none() {
    let dir = tempfile::tempdir().unwrap();
    let (facts, clips) =
        told(dir.path(), vec![Finding::Tested { alert: alert(), shot: Some(shot()) }]);
    let [CameraFact::Tested(alert)] = &facts[..] else { panic!("{facts:?}") };
    assert!(matches!(alert.snapshot, Snapshot::Kept(_)), "{:?}", alert.snapshot);
    assert_eq!(std::fs::read_dir(dir.path().join("pictures/2026-03-01")).unwrap().count(), 0);
    assert_eq!(clips.len(), 0);
}

/// The disk stands still: what can be left out is, and an alert is waited for.
#[test]
fn a_slow_disk_costs_improvements_alone() {
    let (desk, findings) = sync_channel(1);
    let desk = EvidenceDesk(desk);
    let first = alert();
    let (id, camera, at) = (first.id, first.camera.clone(), first.captured_at);
    desk.leave(Finding::Raised { alert: first, shot: None });
    desk.leave(Finding::Better { alert: id, camera, at, n: 1, shot: shot() });
    let raising = std::thread::spawn(move || {
        desk.leave(Finding::Raised { alert: alert(), shot: None });
    });
    let left = findings.iter().collect::<Vec<_>>();
    raising.join().unwrap();
    assert!(matches!(&left[..], [Finding::Raised { .. }, Finding::Raised { .. }]), "{left:?}");
}
