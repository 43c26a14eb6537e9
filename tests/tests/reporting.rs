//! Nothing reported is lost and nothing is stored twice, with a real broker and real processes that
//! are killed (SIGKILL) in the middle of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use e2e::broker::{Broker, free_ports};
use e2e::reporting::{Fleet, Process, wait_for};
use e2e::small_disk;
use gateway::field::provision::{DevFleet, Plan};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;

fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_vong-e2e"), env!("CARGO_BIN_EXE_reporting-box"))
}

fn box_data(fleet: &Fleet) -> std::path::PathBuf {
    fleet.path("box-1/data")
}

fn events(fleet: &Fleet) -> Vec<Value> {
    let lines = fleet.lines("centre/lines");
    let all = lines.iter().filter_map(|it| serde_json::from_str::<Value>(it).ok());
    all.filter(|it| it["kind"] != "status").collect()
}

#[test]
fn everything_arrives_once_and_in_order() {
    let mut fleet = fleet();
    fleet.start_broker();
    fleet.start_centre();
    fleet.wait_until_the_centre_listens();
    let _box = fleet.start_box(200, 5);
    wait_for("the box has recorded all", 30, || {
        fleet.lines("box-1/lines").last().is_some_and(|it| it == "done")
    });
    fleet.wait_until_all_is_there(&box_data(&fleet), 30);
    let expected: u64 = fleet.recorded(&box_data(&fleet)).values().map(|it| it.0).sum();
    wait_for("a line for each event", 10, || {
        u64::try_from(events(&fleet).len()).unwrap() == expected
    });
    let mut last: BTreeMap<(String, bool), u64> = BTreeMap::new();
    for event in events(&fleet) {
        // A raised alert may overtake its neighbours, by design; nothing else may.
        let is_urgent = event["kind"] == "alert.raised";
        let stream = (event["stream"].as_str().unwrap().to_owned(), is_urgent);
        let seq = event["seq"].as_u64().unwrap();
        let before = last.insert(stream, seq).unwrap_or(0);
        assert!(before < seq, "{before} before {seq}: {event}");
        assert!(event["latency_ms"].as_i64().unwrap() >= 0);
    }
    let is_online = |it: &String| it.contains(r#""kind":"status""#) && it.contains("online");
    assert!(fleet.lines("centre/lines").iter().any(is_online));
}

#[test]
fn a_broker_that_is_away_and_forgets_costs_nothing() {
    let mut fleet = fleet();
    let _box = fleet.start_box(600, 10);
    fleet.start_centre();
    wait_for("events wait for a broker", 20, || {
        fleet.n_waiting(&box_data(&fleet)).is_some_and(|it| it > 50)
    });
    for _ in 0..3 {
        fleet.start_broker();
        sleep(Duration::from_millis(1500));
        fleet.kill_broker();
    }
    fleet.start_broker();
    fleet.wait_until_all_is_there(&box_data(&fleet), 60);
}

#[test]
fn a_centre_and_a_box_that_are_killed_cost_nothing() {
    let mut fleet = fleet();
    fleet.start_broker();
    for round in 0..3 {
        fleet.start_centre();
        let reporting_box = fleet.start_box(2000, 3);
        let enough = 150 * (round + 1);
        wait_for("the centre has some more", 40, || {
            fleet.at_centre().values().map(|it| it.0).sum::<u64>() >= enough
        });
        fleet.kill_centre();
        sleep(Duration::from_millis(400));
        drop(reporting_box);
    }
    fleet.start_centre();
    let _box = fleet.start_box(0, 1);
    fleet.wait_until_all_is_there(&box_data(&fleet), 60);
}

#[test]
fn the_first_start_makes_the_authority_and_all_that_the_centre_needs() {
    let mut fleet = fleet();
    // As on a fresh server: no identity, and a broker that waits for its certificate.
    fs::remove_dir_all(fleet.path("centre/identity")).unwrap();
    fleet.start_centre();
    let issued = fleet.path("centre/data/broker");
    wait_for("the centre has enrolled itself", 20, || {
        fleet.path("centre/identity/roster.jws").exists()
    });
    for (from, to) in
        [("ca.pem", "ca.pem"), ("broker.pem", "device.pem"), ("broker.key", "device.key")]
    {
        fs::copy(issued.join(from), fleet.path("broker/identity").join(to)).unwrap();
    }
    fleet.start_broker();
    fleet.wait_until_the_centre_listens();
    let ca = fs::read(fleet.path("centre/identity/ca.pem")).unwrap();
    fleet.kill_centre();
    fleet.start_centre();
    wait_for("the second start connects", 20, || {
        let log = fleet.lines("centre/log");
        log.iter().filter(|it| it.contains("connected to the broker")).count() == 2
    });
    assert_eq!(fs::read(fleet.path("centre/data/authority/ca.pem")).unwrap(), ca);
}

#[test]
fn a_second_vong_on_one_data_folder_is_refused() {
    let mut fleet = fleet();
    fleet.start_centre();
    let db = fleet.path("centre/data/vong.db");
    wait_for("the first centre runs", 20, || db.exists());
    let second = fleet.centre_command().output().unwrap();
    let message = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{message}");
    assert!(message.contains("is in use by another vong"), "{message}");
    assert!(message.contains("data_dir of its own"), "{message}");
    assert!(second.stdout.is_empty(), "log lines on stdout");
}

#[test]
fn a_full_disk_refuses_new_events_keeps_the_old_and_goes_on() {
    let mut fleet = fleet();
    let disk = fleet.path("disk");
    fs::create_dir(&disk).unwrap();
    let mut command = small_disk::command(&disk, 24, fleet.box_program());
    fleet.box_args(&mut command, &disk, 1500, 4);
    let reporting_box = fleet.spawn_box(command);
    let inside = small_disk::inside(&reporting_box.0, &disk);
    wait_for("some events are on the small disk", 20, || n_ok(&fleet) > 100);
    assert!(inside.join("ballast").exists());

    let filler = inside.join("filler");
    wait_for("the disk is full", 20, || {
        small_disk::fill(&filler);
        fleet.lines("box-1/lines").iter().any(|it| it == "full")
    });
    small_disk::fill(&filler);
    let n_before = n_ok(&fleet);
    fleet.start_broker();
    fleet.start_centre();
    // The disk stays full: only what the centre has acknowledged makes room.
    wait_for("the box goes on recording", 40, || n_ok(&fleet) > n_before + 50);
    fs::remove_file(&filler).unwrap();
    fleet.wait_until_all_is_there(&inside, 40);
    wait_for("the box has recorded all", 30, || n_ok(&fleet) == 1500);
    fleet.wait_until_all_is_there(&inside, 40);
}

fn n_ok(fleet: &Fleet) -> usize {
    fleet.lines("box-1/lines").iter().filter(|it| it.starts_with("ok ")).count()
}

/// A box, a cluster and a centre as they are installed, and what they log.
struct Ward {
    dir: TempDir,
    plan: Plan,
}

impl Ward {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ports = free_ports(22_000..22_100, 6).unwrap();
        let wanted = DevFleet { cameras: 0, ..DevFleet::small(&dir.path().join("fleet"), ports) };
        let plan = wanted.make().unwrap();
        Self { dir, plan }
    }

    fn broker(&self, owner: &str, port: u16) -> Broker {
        let configuration = format!("mosquitto-{owner}/mosquitto.conf");
        Broker::start(&self.plan.folder.join(configuration), port).unwrap()
    }

    /// `vong WORDS --config` the file of `device`; stdout and stderr go to files of its name.
    fn daemon(&self, device: &str, words: &[&str]) -> Process {
        let file = |end: &str| File::create(self.dir.path().join(format!("{device}.{end}")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_vong-e2e"));
        command.args(words).arg("--config").arg(self.plan.folder.join(device).join("vong.toml"));
        command.stdout(file("lines").unwrap()).stderr(file("log").unwrap());
        Process(command.spawn().unwrap())
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What the centre printed of a device's coming and going.
    fn states(&self, device: &str) -> Vec<String> {
        let lines = self.lines("centre.lines");
        let all = lines.iter().filter_map(|it| serde_json::from_str::<Value>(it).ok());
        let its = all.filter(|it| it["kind"] == "status" && it["device"] == device);
        its.map(|it| it["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The latest health of a device that the centre has stored.
    fn health(&self, device: &str) -> Option<Value> {
        let path = self.plan.folder.join("centre/data/vong.db");
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let sql = "SELECT health FROM device_seen WHERE device = ?1";
        let text: String = conn.query_row(sql, [device], |row| row.get(0)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

#[test]
fn a_box_logs_a_broker_that_is_away_at_its_start_goes_and_comes_back() {
    let ward = Ward::new();
    let port = ward.plan.ports.centre_broker;
    let _own = ward.broker("box-demo-1", ward.plan.ports.box_broker);
    let _box = ward.daemon("box-demo-1", &["run"]);
    let log = || ward.lines("box-demo-1.log");
    let n_with = |text: &str| log().iter().filter(|it| it.contains(text)).count();
    let place = format!("host=\"127.0.0.1\" port={port}");
    let is_down = format!(" WARN the broker link is down, trying again {place} error=");
    let is_up = format!(" INFO connected to the broker {place}");

    wait_for("the box says that the broker is away", 30, || n_with(&is_down) > 0);
    wait_for("the box runs all the same", 30, || n_with("the box is running") == 1);
    let reason = log().into_iter().find(|it| it.contains(&is_down)).unwrap();
    assert!(reason.contains("Connection refused"), "{reason}");
    assert_eq!(n_with(&is_up), 0);

    let broker = ward.broker("centre", port);
    wait_for("the box is connected", 60, || n_with(&is_up) == 1);
    let n_down = n_with(&is_down);
    broker.kill().unwrap();
    wait_for("the box says that the broker is gone", 30, || n_with(&is_down) > n_down);
    let _broker = ward.broker("centre", port);
    wait_for("the box is connected again", 90, || n_with(&is_up) == 2);
}

#[test]
fn the_centre_hears_how_a_box_is_and_that_it_was_killed() {
    let ward = Ward::new();
    let ports = &ward.plan.ports;
    let _brokers =
        [ward.broker("centre", ports.centre_broker), ward.broker("box-demo-1", ports.box_broker)];
    let _centre = ward.daemon("centre", &["centre", "--json"]);
    let the_box = ward.daemon("box-demo-1", &["run"]);
    let of_the_box = |states: &[&str]| ward.states("box-demo-1") == states;
    wait_for("the box is online at the centre", 60, || of_the_box(&["online"]));
    wait_for("the centre has its health", 30, || ward.health("box-demo-1").is_some());
    let health = ward.health("box-demo-1").unwrap();
    assert_eq!(health["clock_trusted"], true, "{health}");
    assert!(health["disk"]["free_bytes"].as_u64().unwrap() > 0, "{health}");
    assert!(health["outbox"]["n_events"].is_u64(), "{health}");

    // Each change is told, long before the minute is over.
    let cluster = || ward.health("box-demo-1").map(|it| it["clusters"]["loa-demo-001"].clone());
    let speaker = ward.daemon("loa-demo-001", &["speaker"]);
    wait_for("the box says that its cluster is there", 40, || cluster() == Some(json!("online")));
    drop(speaker);
    wait_for("the box says that its cluster is gone", 40, || cluster() == Some(json!("offline")));

    drop(the_box);
    wait_for("the box's last will", 30, || of_the_box(&["online", "offline"]));
}
