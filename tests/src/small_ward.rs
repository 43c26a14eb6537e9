//! A whole box, its brokers and three loudspeaker clusters, each a process, and two people at its console.

use std::fs::{self, File};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use base::SystemClock;
use gateway::config::Ward;
use provisioning::{CertificateTime, console_client_config};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::broker::{Broker, free_ports};
use crate::reporting::{Process, wait_for};

const PASSWORD: &str = "cầu tre sáng sớm";
pub const CLUSTERS: [&str; 3] = ["loa-demo-001", "loa-demo-002", "loa-demo-003"];

/// Everything ends with the value.
pub struct SmallWard {
    pub dir: tempfile::TempDir,
    pub ward: Ward,
    vong: &'static str,
    processes: Vec<Process>,
    _brokers: Vec<Broker>,
}

/// Somebody who is logged in at the console.
pub struct Visitor {
    http: Client,
    console: String,
    csrf: String,
}

impl SmallWard {
    /// The box alone; its clusters come with [`Self::start_clusters`].
    pub fn start(vong: &'static str, ports: Range<u16>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fleet = dir.path().join("fleet");
        let ports = free_ports(ports, 6).unwrap().to_string();
        let issued = Command::new(vong)
            .args(["provision", "dev-fleet", "--speakers", "3", "--cameras", "0"])
            .args(["--port-base", &ports, "--out"])
            .arg(&fleet)
            .stdout(Stdio::null())
            .status();
        assert!(issued.unwrap().success());
        let ward = Ward::read(&fleet.join("box-demo-1/vong.toml")).unwrap();
        let brokers = [
            ("mosquitto-centre", ward.uplink.port),
            ("mosquitto-box-demo-1", ward.local_broker.port),
        ];
        let brokers = brokers.map(|(name, port)| {
            Broker::start(&fleet.join(name).join("mosquitto.conf"), port).unwrap()
        });
        let mut it = Self { dir, ward, vong, processes: Vec::new(), _brokers: brokers.into() };
        it.daemon("box-demo-1", "run");
        it
    }

    pub fn start_clusters(&mut self) {
        for name in CLUSTERS {
            self.daemon(name, "speaker");
        }
    }

    /// The folder of a device.
    pub fn folder(&self, device: &str) -> PathBuf {
        self.dir.path().join("fleet").join(device)
    }

    fn daemon(&mut self, name: &str, command: &str) {
        let log = File::create(self.dir.path().join(format!("{name}.log"))).unwrap();
        let mut started = Command::new(self.vong);
        started.args([command, "--config"]).arg(self.folder(name).join("vong.toml"));
        self.processes.push(Process(started.stdout(Stdio::null()).stderr(log).spawn().unwrap()));
    }

    pub fn log(&self, device: &str) -> String {
        fs::read_to_string(self.dir.path().join(format!("{device}.log"))).unwrap_or_default()
    }

    fn console(&self) -> String {
        format!("https://{}", self.ward.console.listen)
    }

    /// Lan, the first user through the one-time link, who may do everything, and Minh, who approves.
    pub async fn make_users(&self) -> (Visitor, Visitor) {
        let mut token = None;
        wait_for("the set-up link", 60, || {
            let log = self.log("box-demo-1");
            token = log.split("/setup#").nth(1).map(|it| {
                it.chars().take_while(|it| !it.is_whitespace() && *it != '"').collect::<String>()
            });
            token.is_some()
        });
        let mut lan = self.visitor();
        lan.enter("setup", &json!({ "token": token, "user": "lan", "password": PASSWORD })).await;
        let other = json!({ "user": "minh", "password": PASSWORD, "roles": ["approver"] });
        lan.ask(lan.post("users").json(&other)).await;
        let mut minh = self.visitor();
        minh.enter("session", &json!({ "user": "minh", "password": PASSWORD })).await;
        (lan, minh)
    }

    fn visitor(&self) -> Visitor {
        let time = Arc::new(CertificateTime::new(Arc::new(SystemClock), "".into()));
        let tls = console_client_config(&self.ward.identity_dir.join("ca.pem"), time).unwrap();
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap();
        Visitor { http, console: self.console(), csrf: String::new() }
    }

    pub fn try_vong(&self, user: &str, args: &[&str]) -> Output {
        Command::new(self.vong)
            .args(args)
            .args(["--console", &self.console(), "--user", user, "--ca"])
            .arg(self.ward.identity_dir.join("ca.pem"))
            .env("VONG_PASSWORD", PASSWORD)
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }

    pub fn vong(&self, user: &str, args: &[&str]) -> String {
        let output = self.try_vong(user, args);
        let said = String::from_utf8_lossy(&output.stderr);
        let log = self.log("box-demo-1");
        assert!(output.status.success(), "{args:?}: {said}\nthe box says:\n{log}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn report(&self, args: &[&str]) -> Value {
        let args = [&["report", "plays", "--format", "json"], args].concat();
        serde_json::from_str(&self.vong("minh", &args)).unwrap()
    }
}

impl Visitor {
    async fn enter(&mut self, door: &str, who: &Value) {
        let me = self.ask(self.post(door).json(who)).await;
        self.csrf = me["csrf"].as_str().unwrap_or_else(|| panic!("{me}")).to_owned();
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        let request = self.http.post(format!("{}/api/v1/{path}", self.console));
        if self.csrf.is_empty() { request } else { request.header("X-CSRF-Token", &self.csrf) }
    }

    /// The answer, which MUST be a good one.
    pub async fn ask(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_default()
    }
}
