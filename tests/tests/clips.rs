//! Clips of a running camera: what they show of the time before and after their alerts, many at once, and
//! when the program ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::{Score, SystemClock, new_uuid};
use e2e::sim_camera::{self, SimCamera};
use e2e::watched::camera_at;
use gateway::config::Severity;
use gateway::ward::alert::{Alert, Clip, News, Snapshot, Update};
use gateway::ward::camera::{CameraFact, rtsp_settings};
use gateway::ward::evidence::{ClipDesk as _, Clips, Source};
use gateway::ward::room::RoomCall;
use jiff::Timestamp;
use media::{CaptureClock, Masks, Ring, RingLimits, RtspCamera};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

const LIMITS: RingLimits = RingLimits { keep: Duration::from_secs(12), most_bytes: 16 << 20 };

/// A camera whose last seconds are in memory, and the desk that cuts its clips.
struct Filmed {
    clips: Clips,
    facts: mpsc::Receiver<CameraFact>,
    ring: Ring,
    filming: JoinHandle<()>,
    _dir: tempfile::TempDir,
    _sim: SimCamera,
}

async fn film() -> Filmed {
    media::init().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let video = sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned();
    let arguments = ["--video", &video, "--listen", "127.0.0.1:0"];
    let sim = SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), &arguments).unwrap();
    let camera = camera_at("cam-1", &sim.urls[0], None);
    let ring = Ring::new(LIMITS);
    let source = Source { ring: ring.clone(), masks: Masks::default() };
    let sources = HashMap::from([(camera.id.clone(), source)]);
    let (facts_tx, facts) = mpsc::channel(128);
    let clips = Clips::start(dir.path(), sources, &facts_tx, &RoomCall::default()).unwrap();
    let settings = rtsp_settings(&camera, &camera.url, 5);
    let mut pictures =
        RtspCamera::connect_recording(&settings, &ring, Arc::new(SystemClock)).unwrap();
    let filming = tokio::spawn(async move { while pictures.next().await.is_ok() {} });
    let is_long = async {
        while ring.length() < Duration::from_secs(8) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(60), is_long).await.expect("the camera films");
    Filmed { clips, facts, ring, filming, _dir: dir, _sim: sim }
}

fn alert(captured_at: Timestamp) -> Alert {
    Alert {
        id: new_uuid(captured_at),
        camera: "cam-1".parse().unwrap(),
        zone: "gate".parse().unwrap(),
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
    }
}

/// The next clip, and when its alert was.
async fn next_clip(facts: &mut mpsc::Receiver<CameraFact>) -> (Timestamp, Clip) {
    let fact = timeout(Duration::from_secs(40), facts.recv()).await.expect("a clip").unwrap();
    let CameraFact::Updated(Update { at, news: News::Clip(clip), .. }) = fact else {
        panic!("{fact:?}")
    };
    (at, clip)
}

/// Seconds that a clip shows before its alert, and after it.
fn shown(at: Timestamp, clip: &Clip) -> (f64, f64) {
    let before = at.duration_since(clip.began_at).as_secs_f64();
    (before, clip.duration.as_secs_f64() - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_alerts_in_six_seconds_have_their_clips_with_the_time_before() {
    let Filmed { clips, mut facts, ring, filming, _dir, _sim } = film().await;
    let raising = spawn_blocking(move || {
        for _ in 0..30 {
            clips.cut(&alert(ring.newest_at().unwrap()));
            std::thread::sleep(Duration::from_millis(200));
        }
        clips
    });
    let clips = raising.await.unwrap();
    for _ in 0..30 {
        let (at, clip) = next_clip(&mut facts).await;
        let (before, after) = shown(at, &clip);
        // It begins with the key picture before that moment; keys are a second apart.
        assert!((4.95..=6.2).contains(&before), "{before} s before");
        assert!((9.7..=10.5).contains(&after), "{after} s after");
    }
    drop(clips);
    filming.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_program_ends_a_clip_and_does_not_lose_it() {
    let Filmed { clips, mut facts, ring, filming, _dir, _sim } = film().await;
    let raising = spawn_blocking(move || {
        clips.cut(&alert(ring.newest_at().unwrap()));
        clips
    });
    let clips = raising.await.unwrap();
    sleep(Duration::from_secs(3)).await;
    drop(clips);
    let (at, clip) = timeout(Duration::from_secs(6), next_clip(&mut facts)).await.unwrap();
    let (before, after) = shown(at, &clip);
    assert!((4.95..=6.2).contains(&before), "{before} s before");
    assert!((2.0..=5.0).contains(&after), "{after} s after");
    assert!(facts.recv().await.is_none(), "the threads have ended");
    filming.abort();
}
