//! A test alarm of a camera goes to the centre's disk and back, with real brokers, processes and pictures.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use e2e::broker::{Broker, free_ports};
use e2e::reporting::{Process, wait_for};
use e2e::sim_camera::{self, SimCamera, here};
use gateway::field::provision::{DevFleet, Plan};
use models::Manifest;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");

/// A centre, a box, and a camera before it.
fn fleet(dir: &Path, camera: &SimCamera) -> Plan {
    let manifest = Manifest::built_in().unwrap();
    let (entry, engine) = here(&manifest).unwrap();
    let wanted = DevFleet {
        camera_urls: camera.urls.clone(),
        detector_library: Some(engine.library.clone()),
        model_dir: Some(engine.model_dir.clone()),
        ..DevFleet::small(&dir.join("fleet"), free_ports(22_100..22_200, 6).unwrap())
    };
    let plan = wanted.make().unwrap();
    let config = plan.folder.join("box-demo-1/vong.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("\"yolox-nano\"", &format!("{:?}", entry.name))).unwrap();
    plan
}

fn daemon(plan: &Plan, device: &str, words: &[&str]) -> Process {
    let log = File::create(plan.folder.join(device).join("log")).unwrap();
    let mut command = Command::new(VONG);
    command.args(words).arg("--config").arg(plan.folder.join(device).join("vong.toml"));
    Process(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
}

fn ask(plan: &Plan, device: &str, query: &str) -> Option<String> {
    let path = plan.folder.join(device).join("data/vong.db");
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    conn.query_row(query, [], |row| row.get(0)).ok()
}

#[test]
fn silence_is_known_to_be_peace_once_the_centre_has_heard_a_test_alarm() {
    let dir = tempfile::tempdir().unwrap();
    let video = sim_camera::media("vtest-360.mp4").to_string_lossy().into_owned();
    let camera = SimCamera::start(VONG, &["--video", &video, "--listen", "127.0.0.1:0"]).unwrap();
    let plan = fleet(dir.path(), &camera);
    let broker = |owner: &str, port| {
        let configuration = format!("mosquitto-{owner}/mosquitto.conf");
        Broker::start(&plan.folder.join(configuration), port).unwrap()
    };
    let _own = broker("box-demo-1", plan.ports.box_broker);
    let _box = daemon(&plan, "box-demo-1", &["run"]);
    let raised = "SELECT CAST(raised_at_ms AS TEXT) FROM camera_proof WHERE seq IS NOT NULL";
    wait_for("the camera raises it", 90, || ask(&plan, "box-demo-1", raised).is_some());
    let proven = "SELECT CAST(proven_at_ms AS TEXT) FROM camera_proof WHERE proven_at_ms > 0";
    assert_eq!(ask(&plan, "box-demo-1", proven), None, "nobody heard of it");

    let _broker = broker("centre", plan.ports.centre_broker);
    let _centre = daemon(&plan, "centre", &["centre", "--json"]);
    wait_for("its word comes back", 90, || ask(&plan, "box-demo-1", proven).is_some());
    let told = "SELECT data FROM received_event WHERE kind = 'alert.test'";
    let told: Value = serde_json::from_str(&ask(&plan, "centre", told).unwrap()).unwrap();
    assert!(told["snapshot"]["bytes"].as_u64().unwrap() > 1000, "with a picture: {told}");
    let health = || ask(&plan, "centre", "SELECT health FROM device_seen").unwrap_or_default();
    wait_for("the centre reads so", 90, || health().contains("\"state\":\"proven\""));
}
