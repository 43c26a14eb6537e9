//! The fleet of the benchmark: a broker, a box and its clusters, each a process, and people at the console.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base::{Clock as _, Secret, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::figures::Notes;
use super::process::Process;
use super::{LOOK_EVERY, Meter};
use crate::field::bulletin::client::{Client, NewBulletin, Sound};
use crate::field::provision::{DevFleet, Plan};

/// Where Debian puts it; `/usr/sbin` is not on every user's path.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";
/// As systemd/vong.service has it.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "1048576"),
    ("MALLOC_TRIM_THRESHOLD_", "1048576"),
];
const PASSWORD: &str = "bench-fanout-1";
const UP_WITHIN: Duration = Duration::from_secs(30);
const CLUSTERS_WITHIN: Duration = Duration::from_mins(3);

pub(super) struct Settings<'a> {
    pub(super) folder: &'a Path,
    pub(super) clusters: u16,
    pub(super) decode: u16,
    pub(super) seed: u64,
    pub(super) rate_limit: Option<&'a str>,
    pub(super) port_base: u16,
}

/// Ends with the value: the clusters first, the broker last.
pub(super) struct Fleet {
    pub(super) speakers: Process,
    pub(super) the_box: Process,
    broker: Process,
    pub(super) notes: Vec<Notes>,
    author: Client,
    approvers: Vec<Client>,
    n_clusters: usize,
}

pub(super) struct Bulletin {
    id: String,
    pub(super) bytes: u64,
}

impl Fleet {
    pub(super) async fn start(settings: &Settings<'_>) -> anyhow::Result<Self> {
        let out = settings.folder.join("fleet");
        let wanted = DevFleet {
            speakers: settings.clusters,
            cameras: 0,
            ..DevFleet::small(&out, settings.port_base)
        };
        let plan = wanted.make()?;
        let broker = start_broker(&plan, settings.folder).await?;
        let program = std::env::current_exe().context("the path of this program")?;
        let config = plan.folder.join(plan.the_box.as_str()).join("vong.toml");
        if let Some(rate) = settings.rate_limit {
            limit(&config, rate)?;
        }
        let mut command = Command::new(&program);
        command.args(["run", "--config"]).arg(&config).envs(ALLOCATOR).env("VONG_LOG", "warn");
        let mut the_box = Process::start("box", settings.folder, &mut command)?;
        let token = setup_token(&settings.folder.join("box.log"), &mut the_box).await?;
        let (author, approvers) = people(&plan, &token).await?;
        let (speakers, notes) = start_speakers(&program, &plan, settings)?;
        let n_clusters = usize::from(settings.clusters);
        Ok(Self { speakers, the_box, broker, notes, author, approvers, n_clusters })
    }

    /// Until each is online and knows the time.
    pub(super) async fn wait_for_clusters(&mut self) -> anyhow::Result<()> {
        let end = Instant::now() + CLUSTERS_WITHIN;
        loop {
            let clusters = self.author.get("clusters").await?;
            let is_ready = |it: &&Value| it["state"] == "online" && it["clock_trusted"] == true;
            let n_ready = clusters.as_array().map_or(0, |it| it.iter().filter(is_ready).count());
            if n_ready == self.n_clusters {
                return Ok(());
            }
            ensure!(Instant::now() < end, "{n_ready} of {} clusters are there", self.n_clusters);
            self.pause().await?;
        }
    }

    /// Handed in, and approved by as many as the box asks for.
    pub(super) async fn bulletin(&self, title: &str, file: &Path) -> anyhow::Result<Bulletin> {
        let new = NewBulletin {
            title: title.to_owned(),
            targets: "all".to_owned(),
            priority: "normal".to_owned(),
            expires_at: None,
            resume: None,
            catch_up: None,
            sound: Sound::File(file.to_owned()),
        };
        let added = self.author.add(new).await?;
        let id = added["id"].as_str().context("a bulletin has an id")?.to_owned();
        let bytes = added["content"]["bytes"].as_u64();
        let mut state = self.author.step(&id, "submit", &json!({})).await?["state"].clone();
        for approver in &self.approvers {
            if state != "approved" {
                state = approver.step(&id, "approve", &json!({})).await?["state"].clone();
            }
        }
        ensure!(state == "approved", "the bulletin is {state}, and nobody is left to approve it");
        Ok(Bulletin { id, bytes: bytes.unwrap_or(0) })
    }

    pub(super) async fn schedule(
        &self,
        bulletin: &Bulletin,
        ahead: Duration,
    ) -> anyhow::Result<()> {
        let at = SystemClock.now().checked_add(ahead)?;
        let body = json!({ "at": format!("{at:.3}") });
        self.author.step(&bulletin.id, "schedule", &body).await.map(drop)
    }

    /// Until every cluster has fetched and verified it.
    pub(super) async fn wait_for_content(
        &mut self,
        bulletin: &Bulletin,
        within: Duration,
        meter: &mut Meter,
    ) -> anyhow::Result<()> {
        let is_there = |it: &Value| it["state"] != "pending" && it["state"] != "ordered";
        self.wait_for(bulletin, "next", is_there, within, meter).await
    }

    /// Until every cluster has said how it went.
    pub(super) async fn wait_for_play(
        &mut self,
        bulletin: &Bulletin,
        within: Duration,
        meter: &mut Meter,
    ) -> anyhow::Result<()> {
        let is_over = |it: &Value| {
            matches!(it["state"].as_str(), Some("played" | "partial" | "missed" | "stopped"))
        };
        self.wait_for(bulletin, "last", is_over, within, meter).await
    }

    async fn wait_for(
        &mut self,
        bulletin: &Bulletin,
        list: &str,
        is_done: impl Fn(&Value) -> bool,
        within: Duration,
        meter: &mut Meter,
    ) -> anyhow::Result<()> {
        let end = Instant::now() + within;
        loop {
            let plays = self.author.get("plays").await?;
            let receipts = plays[list].as_array().into_iter().flatten();
            let receipts = receipts.filter(|it| it["bulletin_id"] == bulletin.id.as_str());
            let receipts = receipts.flat_map(|it| it["receipts"].as_array().into_iter().flatten());
            let n_done = receipts.filter(|it| is_done(it)).count();
            if n_done == self.n_clusters {
                return Ok(());
            }
            ensure!(Instant::now() < end, "{n_done} of {} clusters did it", self.n_clusters);
            meter.look(self)?;
            self.pause().await?;
        }
    }

    async fn pause(&mut self) -> anyhow::Result<()> {
        for process in [&mut self.broker, &mut self.the_box, &mut self.speakers] {
            process.check()?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        Ok(())
    }
}

fn limit(config: &Path, rate: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(config)?;
    let limited = text.replacen("[content]\n", &format!("[content]\nrate_limit = {rate:?}\n"), 1);
    std::fs::write(config, limited).context("the box's configuration")
}

async fn start_broker(plan: &Plan, logs: &Path) -> anyhow::Result<Process> {
    let configuration = plan.folder.join(format!("mosquitto-{}/mosquitto.conf", plan.the_box));
    let mut command = Command::new(MOSQUITTO);
    command.arg("-c").arg(&configuration);
    let broker = Process::start("mosquitto", logs, &mut command);
    let mut broker = broker.context("apt-get install mosquitto")?;
    let end = Instant::now() + UP_WITHIN;
    while TcpStream::connect(("127.0.0.1", plan.ports.box_broker)).is_err() {
        ensure!(Instant::now() < end, "mosquitto does not listen on {}", plan.ports.box_broker);
        broker.check()?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(broker)
}

/// Out of the link that the box prints while it has no user.
async fn setup_token(log: &Path, the_box: &mut Process) -> anyhow::Result<String> {
    let end = Instant::now() + UP_WITHIN;
    loop {
        let text = tokio::fs::read_to_string(log).await.unwrap_or_default();
        let token = text.split_once("/setup#").and_then(|(_, it)| it.split_whitespace().next());
        if let Some(token) = token {
            return Ok(token.to_owned());
        }
        ensure!(Instant::now() < end, "the box printed no set-up link");
        the_box.check().with_context(|| text)?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An author, and two approvers: by night a ward may ask for both.
async fn people(plan: &Plan, token: &str) -> anyhow::Result<(Client, Vec<Client>)> {
    let console = format!("https://127.0.0.1:{}", plan.ports.console);
    let ca = plan.folder.join("ca.pem");
    let client = || Client::connect(&console, &ca);
    let password = Secret::new(PASSWORD.to_owned());
    let mut author = client()?;
    author
        .post("setup", &json!({ "token": token, "user": "author", "password": PASSWORD }))
        .await?;
    author.log_in("author", &password).await?;
    let mut approvers = Vec::new();
    for user in ["approver-1", "approver-2"] {
        let body = json!({ "user": user, "password": PASSWORD, "roles": ["approver"] });
        author.post("users", &body).await?;
        let mut approver = client()?;
        approver.log_in(user, &password).await?;
        approvers.push(approver);
    }
    Ok((author, approvers))
}

fn start_speakers(
    program: &Path,
    plan: &Plan,
    settings: &Settings<'_>,
) -> anyhow::Result<(Process, Vec<Notes>)> {
    let mut command = Command::new(program);
    command.args(["sim", "speakers"]).arg(&plan.folder).env("VONG_LOG", "warn");
    command.args(["--decode", &settings.decode.to_string()]);
    command.args(["--seed", &settings.seed.to_string()]).stdout(Stdio::piped());
    let mut speakers = Process::start("speakers", settings.folder, &mut command)?;
    let stdout = speakers.stdout().context("its output is piped")?;
    let lines = BufReader::new(stdout).lines().take(plan.clusters.len());
    let notes = lines.map(|line| {
        let told: Value = serde_json::from_str(&line?)?;
        let dir = told["notes"].as_str().map(PathBuf::from).context("a folder of notes")?;
        Ok(Notes { dir, decodes: told["sink"] == "wav" })
    });
    let notes = notes.collect::<anyhow::Result<Vec<_>>>()?;
    if notes.len() != plan.clusters.len() {
        bail!("vong sim speakers did not start: {}", log_of(settings.folder));
    }
    Ok((speakers, notes))
}

fn log_of(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("speakers.log")).unwrap_or_default()
}
