//! A broker, a centre and boxes that report, each a process that a test may kill.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base::{Clock as _, DeviceId, SystemClock};
use provisioning::{Authority, Issued, Reach, Role, RosterKey};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// Everything lies in one folder, which goes when the test ends.
pub struct Fleet {
    pub dir: TempDir,
    pub port: u16,
    /// The program `vong`, and the box without cameras.
    vong: &'static str,
    box_program: &'static str,
    broker: Option<Process>,
    centre: Option<Process>,
}

/// Killed (SIGKILL) when dropped, and waited for.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Polls `is_done` for at most `seconds`; says `what` was waited for when it does not come.
pub fn wait_for(what: &str, seconds: u64, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !is_done() {
        assert!(Instant::now() < deadline, "not within {seconds} s: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Fleet {
    pub fn new(vong: &'static str, box_program: &'static str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let fleet = Self { dir, port, vong, box_program, broker: None, centre: None };
        fleet.issue();
        fleet.configure();
        fleet
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn issue(&self) {
        let now = SystemClock.now();
        let authority = Authority::create(&self.path("authority"), now).unwrap();
        let (signer, key) = authority.new_command_key().unwrap();
        let owner: DeviceId = "centre".parse().unwrap();
        let keys = [RosterKey {
            owner: owner.clone(),
            public: signer.public_key(),
            may_command: Reach::EveryDevice,
        }];
        let roster = authority.sign_roster(&keys, now);
        let write = |issued: Issued, name: &str| {
            issued.write(&self.path(name).join("identity"), &roster, Some(&key)).unwrap();
        };
        for name in ["centre", "box-1"] {
            let device = name.parse().unwrap();
            write(authority.issue(&device, Role::Station, &["127.0.0.1"], now).unwrap(), name);
        }
        write(authority.issue(&owner, Role::Broker, &["127.0.0.1"], now).unwrap(), "broker");
    }

    fn configure(&self) {
        let identity = self.path("broker/identity");
        let [ca, certificate, key] = ["ca.pem", "device.pem", "device.key"]
            .map(|it| identity.join(it).display().to_string());
        let acl = self.path("broker/acl");
        // As in the contract: a device below its own name, the centre everywhere.
        fs::write(
            &acl,
            "user centre\ntopic readwrite vong/v1/#\n\
             pattern readwrite vong/v1/%u/#\npattern readwrite vong/v1/+/loa/%u/#\n",
        )
        .unwrap();
        let configuration = format!(
            "listener {} 127.0.0.1\ncafile {ca}\ncertfile {certificate}\nkeyfile {key}\n\
             require_certificate true\nuse_identity_as_username true\ntls_version tlsv1.3\n\
             acl_file {}\nallow_anonymous false\nuser root\npersistence false\n\
             set_tcp_nodelay true\n",
            self.port,
            acl.display(),
        );
        fs::write(self.path("broker/mosquitto.conf"), configuration).unwrap();
        let configuration = format!(
            "device = \"centre\"\nsite = \"da-nang\"\ndata_dir = \"data\"\n\
             [identity]\ndir = \"identity\"\n[broker]\nhost = \"127.0.0.1\"\nport = {}\n\
             [clock]\ntrust = \"host\"\n",
            self.port,
        );
        fs::write(self.path("centre/vong.toml"), configuration).unwrap();
    }

    /// Without persistence: what it held is gone when it is killed.
    pub fn start_broker(&mut self) {
        let log = self.log("broker/log");
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(self.path("broker/mosquitto.conf"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("mosquitto is installed (apt-get install mosquitto)");
        self.broker = Some(Process(child));
        let port = self.port;
        wait_for("the broker listens", 10, || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    pub fn kill_broker(&mut self) {
        self.broker = None;
    }

    pub fn centre_command(&self) -> Command {
        let mut command = Command::new(self.vong);
        command.args(["centre", "--json", "--config"]).arg(self.path("centre/vong.toml"));
        command
    }

    pub fn start_centre(&mut self) {
        let child = self
            .centre_command()
            .stdout(self.log("centre/lines"))
            .stderr(self.log("centre/log"))
            .spawn()
            .unwrap();
        self.centre = Some(Process(child));
    }

    pub fn wait_until_the_centre_listens(&self) {
        wait_for("the centre is connected", 30, || {
            self.lines("centre/log").iter().any(|it| it.contains("connected to the broker"))
        });
    }

    pub fn kill_centre(&mut self) {
        self.centre = None;
    }

    /// A box that records `n_events`, one every `every_ms`, with its data in `data_dir`.
    pub fn start_box(&self, n_events: u64, every_ms: u64) -> Process {
        let mut command = Command::new(self.box_program);
        self.box_args(&mut command, &self.path("box-1/data"), n_events, every_ms);
        self.spawn_box(command)
    }

    pub fn box_args(&self, command: &mut Command, data_dir: &Path, n_events: u64, every_ms: u64) {
        command
            .arg(self.path("box-1/identity"))
            .arg(data_dir)
            .args([u64::from(self.port), n_events, every_ms].map(|it| it.to_string()));
    }

    pub fn box_program(&self) -> &'static str {
        self.box_program
    }

    pub fn spawn_box(&self, mut command: Command) -> Process {
        command.stdin(Stdio::null());
        command.stdout(self.log("box-1/lines")).stderr(self.log("box-1/log"));
        Process(command.spawn().unwrap())
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Per epoch and stream: how many the centre has, and the highest.
    pub fn at_centre(&self) -> BTreeMap<(String, String), (u64, u64)> {
        let Some(conn) = open(&self.path("centre/data/vong.db")) else { return BTreeMap::new() };
        let sql = "SELECT epoch, stream, count(*), max(seq) FROM received_event GROUP BY 1, 2";
        let Ok(mut statement) = conn.prepare(sql) else { return BTreeMap::new() };
        let rows = statement
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
        rows.and_then(Iterator::collect).unwrap_or_default()
    }

    /// What the box at `data_dir` has given numbers to: count and highest are the same.
    pub fn recorded(&self, data_dir: &Path) -> BTreeMap<(String, String), (u64, u64)> {
        let Some(conn) = open(&data_dir.join("vong.db")) else { return BTreeMap::new() };
        let sql = "SELECT epoch, stream, last_seq, last_seq FROM outbox_sequence, outbox_epoch";
        let Ok(mut statement) = conn.prepare(sql) else { return BTreeMap::new() };
        let rows = statement
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
        rows.and_then(Iterator::collect).unwrap_or_default()
    }

    pub fn n_waiting(&self, data_dir: &Path) -> Option<u64> {
        let conn = open(&data_dir.join("vong.db"))?;
        conn.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).ok()
    }

    /// All that was recorded is at the centre once, without a gap, and the outbox is empty.
    pub fn wait_until_all_is_there(&self, data_dir: &Path, seconds: u64) {
        wait_for("all events at the centre and none in the outbox", seconds, || {
            let recorded = self.recorded(data_dir);
            !recorded.is_empty()
                && self.n_waiting(data_dir) == Some(0)
                && self.at_centre() == recorded
        });
    }

    fn log(&self, name: &str) -> File {
        File::options().create(true).append(true).open(self.path(name)).unwrap()
    }
}

/// What a failing test needs to be understood.
impl Drop for Fleet {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let mut err = std::io::stderr();
        for name in ["broker/log", "centre/log", "box-1/log"] {
            let lines = self.lines(name);
            let tail = &lines[lines.len().saturating_sub(30)..];
            let _ = writeln!(err, "--- {name}\n{}", tail.join("\n"));
        }
        let _ = writeln!(err, "--- at the centre: {:?}", self.at_centre());
    }
}

fn open(path: &Path) -> Option<Connection> {
    if path.starts_with("/proc") {
        return open_copy(path);
    }
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    conn.busy_timeout(Duration::from_secs(2)).ok()?;
    Some(conn)
}

/// SQLite resolves the link `/proc/<pid>/root` by its text, and so leaves the mount namespace again.
fn open_copy(path: &Path) -> Option<Connection> {
    let dir = tempfile::tempdir().ok()?;
    for end in ["", "-wal"] {
        let from = format!("{}{end}", path.display());
        fs::copy(from, dir.path().join(format!("copy{end}"))).ok()?;
    }
    let conn = Connection::open(dir.path().join("copy")).ok()?;
    // The open files outlive their folder. Reading once makes SQLite open all of them.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).ok()?;
    Some(conn)
}
