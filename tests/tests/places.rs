//! A bulletin for a ward, on real parts: heard by the clusters that hang there, by no other, and counted.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use base::SystemClock;
use e2e::broker::{Broker, free_ports};
use e2e::reporting::{Process, wait_for};
use gateway::config::Ward;
use provisioning::{CertificateTime, console_client_config};
use serde_json::{Value, json};

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const PASSWORD: &str = "cầu tre sáng sớm";
/// One ward with two of the three clusters, one with the third.
const TABLE: &str = "\
code;kind;name;parent;valid_from;valid_to;population;successors
20242;ward;Hải Châu;;01/07/2025;;131427;
20257;ward;Hòa Cường;;01/07/2025;;;
to-1;zone;Tổ 1;20242;01/07/2025;;;
loa-demo-001;cluster;Cụm loa 1;to-1;01/09/2025;;;
loa-demo-002;cluster;Cụm loa 2;20242;01/09/2025;;;
loa-demo-003;cluster;Cụm loa 3;20257;01/09/2025;;;
";

/// A box with three clusters; everything ends with the value.
struct Running {
    dir: tempfile::TempDir,
    ward: Ward,
    _processes: Vec<Process>,
    _brokers: Vec<Broker>,
}

fn start() -> Running {
    let dir = tempfile::tempdir().unwrap();
    let fleet = dir.path().join("fleet");
    let ports = free_ports(22_100..22_200, 6).unwrap().to_string();
    let issued = Command::new(VONG)
        .args(["provision", "dev-fleet", "--speakers", "3", "--cameras", "0"])
        .args(["--port-base", &ports, "--out"])
        .arg(&fleet)
        .stdout(Stdio::null())
        .status();
    assert!(issued.unwrap().success());
    let ward = Ward::read(&fleet.join("box-demo-1/vong.toml")).unwrap();
    let brokers =
        [("mosquitto-centre", ward.uplink.port), ("mosquitto-box-demo-1", ward.local_broker.port)];
    let brokers = brokers
        .map(|(name, port)| Broker::start(&fleet.join(name).join("mosquitto.conf"), port).unwrap());
    let mut processes = vec![daemon(dir.path(), "box-demo-1", "run")];
    for name in ["loa-demo-001", "loa-demo-002", "loa-demo-003"] {
        processes.push(daemon(dir.path(), name, "speaker"));
    }
    Running { dir, ward, _processes: processes, _brokers: brokers.into() }
}

fn daemon(dir: &Path, name: &str, command: &str) -> Process {
    let log = File::create(dir.join(format!("{name}.log"))).unwrap();
    let config = dir.join("fleet").join(name).join("vong.toml");
    let mut started = Command::new(VONG);
    started.args([command, "--config"]).arg(config).stdout(Stdio::null()).stderr(log);
    Process(started.spawn().unwrap())
}

impl Running {
    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("box-demo-1.log")).unwrap_or_default()
    }

    fn console(&self) -> String {
        format!("https://{}", self.ward.console.listen)
    }

    /// The first user through the one-time link, who may do everything, and one who approves.
    async fn make_users(&self) {
        let mut token = None;
        wait_for("the set-up link", 60, || {
            let log = self.log();
            token = log.split("/setup#").nth(1).map(|it| {
                it.chars().take_while(|it| !it.is_whitespace() && *it != '"').collect::<String>()
            });
            token.is_some()
        });
        let time = Arc::new(CertificateTime::new(Arc::new(SystemClock), "".into()));
        let tls = console_client_config(&self.ward.identity_dir.join("ca.pem"), time).unwrap();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap();
        let address = |path: &str| format!("{}/api/v1/{path}", self.console());
        let first = json!({ "token": token, "user": "lan", "password": PASSWORD });
        let made = http.post(address("setup")).json(&first).send().await.unwrap();
        let me: Value = serde_json::from_slice(&made.bytes().await.unwrap()).unwrap();
        let other = json!({ "user": "minh", "password": PASSWORD, "roles": ["approver"] });
        let csrf = me["csrf"].as_str().unwrap_or_else(|| panic!("{me}"));
        let made = http.post(address("users")).header("X-CSRF-Token", csrf).json(&other);
        assert!(made.send().await.unwrap().status().is_success());
    }

    fn try_vong(&self, user: &str, args: &[&str]) -> Output {
        Command::new(VONG)
            .args(args)
            .args(["--console", &self.console(), "--user", user, "--ca"])
            .arg(self.ward.identity_dir.join("ca.pem"))
            .env("VONG_PASSWORD", PASSWORD)
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }

    fn vong(&self, user: &str, args: &[&str]) -> String {
        let output = self.try_vong(user, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}\nthe box says:\n{}", self.log());
        String::from_utf8(output.stdout).unwrap()
    }

    fn report(&self, args: &[&str]) -> Value {
        let args = [&["report", "plays", "--format", "json"], args].concat();
        serde_json::from_str(&self.vong("minh", &args)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulletin_for_a_ward_is_heard_in_its_streets_and_counted() {
    let running = start();
    running.make_users().await;
    fs::write(running.dir.path().join("wrong.csv"), TABLE.replace("to-1;zone", "to-1;street"))
        .unwrap();
    fs::write(running.dir.path().join("wards.csv"), TABLE).unwrap();
    let refused = running.try_vong("lan", &["places", "import", "wrong.csv"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("4: kind: \"street\""), "{said}");
    let imported = running.vong("lan", &["places", "import", "wards.csv"]);
    assert_eq!(imported, "revision 1, 6 places today\n");
    let exported = running.vong("minh", &["places", "export"]);
    assert!(exported.starts_with("\u{feff}code,kind,name"));

    let title = ["--title", "=Lịch họp", "--to", "place:20242", "--json"];
    let add = [&["bulletin", "add", "--say", "Mời bà con nghe thông báo."], &title[..]].concat();
    let made: Value = serde_json::from_str(&running.vong("lan", &add)).unwrap();
    assert_eq!((&made["places"], &made["all_clusters"]), (&json!(["20242"]), &json!(false)));
    let id = made["id"].as_str().unwrap();
    running.vong("lan", &["bulletin", "submit", id]);
    running.vong("minh", &["bulletin", "approve", id]);
    running.vong("minh", &["bulletin", "schedule", id, "--at", "+12s"]);

    let tomorrow = ["--by", "place", "--period", "year"];
    wait_for("both clusters' receipts", 90, || {
        let total = &running.report(&tomorrow)["total"];
        total["requested"] == 2 && total["open"] == 0
    });
    let report = running.report(&tomorrow);
    let row = &report["rows"][0];
    assert_eq!((&row["code"], &row["name"]), (&json!("20242"), &json!("Hải Châu")));
    assert_eq!((&row["played"], &row["played_percent"]), (&json!(2), &json!(100.0)), "{report}");
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);
    let by_cluster = running.report(&["--by", "cluster", "--period", "month"]);
    let clusters: Vec<&str> = by_cluster["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(clusters, ["loa-demo-001", "loa-demo-002"]);

    // The sound itself: in the files of two clusters, and of no third.
    let heard = |cluster: &str| {
        let folder = running.dir.path().join("fleet").join(cluster).join("heard");
        let files = fs::read_dir(folder).map(Iterator::count);
        files.unwrap_or_default() > 0
    };
    let heard = ["loa-demo-001", "loa-demo-002", "loa-demo-003"].map(heard);
    assert_eq!(heard, [true, true, false]);
}
