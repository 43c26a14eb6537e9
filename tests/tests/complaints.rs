//! What a camera may suffer from although its pictures come, each on a real stream: told within its
//! time, and of the right camera alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use e2e::sim_camera::{self, SimCamera};
use e2e::watched::{Blind, Ward, camera_at};
use gateway::ward::camera::CameraFact;
use tokio::time::{Instant, timeout_at};

/// By then a box knows how a camera's scene looks.
const LEARNT_S: u32 = 45;
/// The longest that a complaint waits is a minute.
const FILM_S: u32 = LEARNT_S + 80;

/// The street, to which something happens after [`LEARNT_S`].
fn film(dir: &Path, name: &str, filter: &str) -> PathBuf {
    let film = dir.join(format!("{name}.mp4"));
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-stream_loop", "-1", "-i"])
        .arg(sim_camera::media("vtest-360.mp4"))
        .args(["-t", &FILM_S.to_string()])
        .args(["-vf", &format!("{filter}enable='gte(t,{LEARNT_S})'")])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-bf", "0", "-g", "10"])
        .arg(&film)
        .status();
    assert!(made.unwrap().success(), "{name}");
    film
}

fn sim(arguments: &[&str]) -> SimCamera {
    let listen = ["--listen", "127.0.0.1:0"];
    SimCamera::start(env!("CARGO_BIN_EXE_vong-e2e"), &[arguments, &listen].concat()).unwrap()
}

#[tokio::test]
async fn each_complaint_is_told_of_the_camera_that_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let street = sim_camera::media("vtest-360.mp4");
    let street = street.to_str().unwrap();
    let films = [
        // With the sensor's noise: a picture that stays the same to the bit would be frozen as well.
        ("dark", "lutyuv=y=18:enable='gte(t,45)',noise=alls=14:allf=t:"),
        ("blurred", "gblur=sigma=14:"),
        ("moved", "hflip="),
    ];
    let films = films.map(|(name, filter)| (name, film(dir.path(), name, filter)));
    let mut sims: Vec<(&str, SimCamera)> = Vec::new();
    for (name, film) in &films {
        sims.push((name, sim(&["--video", film.to_str().unwrap()])));
    }
    sims.push(("frozen", sim(&["--video", street, "--still=5s"])));
    sims.push(("clock_skew", sim(&["--video", street, "--clock-offset", "1h"])));
    sims.push(("low_fps", sim(&["--video", street, "--fps", "1"])));
    sims.push(("well", sim(&["--video", street])));

    let mut ward = Ward::new(|| Box::new(Blind));
    let id = |name: &str| name.replace('_', "-");
    let watched: Vec<_> = sims
        .iter()
        .map(|(name, sim)| ward.watch(camera_at(&id(name), &sim.urls[0], None)))
        .collect();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let end = Instant::now() + Duration::from_secs(u64::from(FILM_S));
    while told.len() < sims.len() - 1 {
        let Ok(fact) = timeout_at(end, ward.received.recv()).await else { break };
        if let CameraFact::Complaint(change) = fact.unwrap()
            && change.begins
        {
            let camera = change.camera.to_string();
            told.entry(camera).or_default().push(change.complaint.as_str().to_owned());
        }
    }
    let expected: BTreeMap<String, Vec<String>> = sims
        .iter()
        .filter(|(name, _)| *name != "well")
        .map(|(name, _)| (id(name), vec![(*name).to_owned()]))
        .collect();
    assert_eq!(told, expected);
    ward.close(watched).await;
}
