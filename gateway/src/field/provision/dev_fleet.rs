//! `vong provision dev-fleet`: a centre, a box, its clusters and both brokers, all on one machine.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base::{Clock as _, DeviceId, Secret, SystemClock};
use jiff::Timestamp;
use provisioning::{Authority, CommandSigner, RELEASED_AT, Reach, Role, RosterKey};

use super::{broker, settings};

/// The names at which a browser or a tool on this machine reaches a server of the fleet.
const LOOPBACK: &[&str] = &["127.0.0.1", "localhost"];
const BOX: &str = "box-demo-1";
const SITE: &str = "da-nang/hai-chau/cau-tre";

/// Make a whole fleet for one machine: the authority, a folder with identity and vong.toml for the
/// centre, one box and its loudspeaker clusters, and two Mosquitto configurations
///
/// Everything listens on 127.0.0.1. For development, tests and the demo: the authority's key lies
/// beside the devices it signs for, which a real fleet never does.
#[derive(Debug, clap::Args)]
pub struct DevFleet {
    /// Folder to make; must be absent or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Device id of the ward box
    #[arg(long = "box", value_name = "ID", default_value = BOX)]
    pub box_id: DeviceId,
    /// Loudspeaker clusters, named loa-demo-001 and on
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(0..=999))]
    pub speakers: u16,
    /// Cameras in the box's configuration
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=64))]
    pub cameras: u16,
    /// Stream of a camera, once for each; the last one also serves the cameras after it
    /// [default: rtsp://127.0.0.1:PORT/camera-N]
    #[arg(long = "camera-url", value_name = "URL")]
    pub camera_urls: Vec<String>,
    /// First of six ports in a row: the centre's broker, the box's broker, console, content, time,
    /// and the RTSP server that the cameras are expected on
    #[arg(long, value_name = "PORT", default_value_t = 28_000, value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    pub port_base: u16,
    /// Place of the box and its clusters
    #[arg(long, value_name = "PATH", default_value = SITE)]
    pub site: String,
    /// The ONNX Runtime library, for the box's detector; it looks in the usual places otherwise
    #[arg(long, value_name = "FILE")]
    pub detector_library: Option<PathBuf>,
    /// Folder of the models, for the box's detector; it looks in the usual places otherwise
    #[arg(long, value_name = "DIR")]
    pub model_dir: Option<PathBuf>,
}

/// What the fleet consists of; all texts are written from it.
pub struct Plan {
    pub centre: DeviceId,
    pub the_box: DeviceId,
    pub clusters: Vec<DeviceId>,
    pub site: String,
    pub ports: Ports,
    pub camera_urls: Vec<String>,
    pub detector_library: Option<PathBuf>,
    pub model_dir: Option<PathBuf>,
    /// Absolute: Mosquitto resolves no path against its file.
    pub folder: PathBuf,
}

pub struct Ports {
    pub centre_broker: u16,
    pub box_broker: u16,
    pub console: u16,
    pub content: u16,
    /// UDP.
    pub time: u16,
}

pub(super) fn run(wanted: &DevFleet) -> anyhow::Result<ExitCode> {
    wanted.make()?.print(&mut io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

impl DevFleet {
    /// One cluster and one camera: enough for most tests.
    pub fn small(out: &Path, port_base: u16) -> Self {
        Self {
            out: out.to_owned(),
            box_id: BOX.parse().expect("it is one"),
            speakers: 1,
            cameras: 1,
            camera_urls: Vec::new(),
            port_base,
            site: SITE.to_owned(),
            detector_library: None,
            model_dir: None,
        }
    }

    /// Writes everything, or nothing.
    pub fn make(&self) -> anyhow::Result<Plan> {
        let plan = Plan::new(self)?;
        if fs::read_dir(&plan.folder).is_ok_and(|mut it| it.next().is_some()) {
            bail!("{} is not empty: remove it, or choose another --out", plan.folder.display());
        }
        let mut new = plan.folder.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        if new.exists() {
            fs::remove_dir_all(&new).with_context(|| format!("cannot remove {}", new.display()))?;
        }
        // A development machine has a clock; the floor only keeps the dates in order without one.
        let now = SystemClock.now().max(RELEASED_AT);
        lay_down(&plan, &new, now)?;
        fs::rename(&new, &plan.folder)
            .with_context(|| format!("cannot make {}", plan.folder.display()))?;
        Ok(plan)
    }
}

impl Plan {
    fn new(wanted: &DevFleet) -> anyhow::Result<Self> {
        let folder = std::path::absolute(&wanted.out)?;
        let base = wanted.port_base;
        let camera_url = |n: u16| match wanted.camera_urls.get(usize::from(n)) {
            Some(url) => url.clone(),
            None => match wanted.camera_urls.last() {
                Some(url) => url.clone(),
                None => format!("rtsp://127.0.0.1:{}/camera-{}", base + 5, n + 1),
            },
        };
        let clusters = (1..=wanted.speakers).map(|n| format!("loa-demo-{n:03}").parse());
        Ok(Self {
            centre: "centre".parse()?,
            the_box: wanted.box_id.clone(),
            clusters: clusters.collect::<Result<_, _>>()?,
            site: wanted.site.clone(),
            ports: Ports {
                centre_broker: base,
                box_broker: base + 1,
                console: base + 2,
                content: base + 3,
                time: base + 4,
            },
            camera_urls: (0..wanted.cameras).map(camera_url).collect(),
            detector_library: wanted.detector_library.clone(),
            model_dir: wanted.model_dir.clone(),
            folder,
        })
    }

    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let (folder, ports) = (self.folder.display(), &self.ports);
        writeln!(out, "made a development fleet in {folder}\n")?;
        let mut line = |name: &str, start: &str| writeln!(out, "  {name:<22} {start}");
        let broker = |of: &DeviceId| format!("mosquitto -c {folder}/mosquitto-{of}/mosquitto.conf");
        let vong = |role: &str, of: &str| format!("vong {role} --config {folder}/{of}/vong.toml");
        line("the centre's broker", &broker(&self.centre))?;
        line("the box's broker", &broker(&self.the_box))?;
        line("centre", &vong("centre", self.centre.as_str()))?;
        line(self.the_box.as_str(), &vong("run", self.the_box.as_str()))?;
        for cluster in &self.clusters {
            line(cluster.as_str(), &vong("speaker", cluster.as_str()))?;
        }
        writeln!(
            out,
            "\n  console at https://127.0.0.1:{}/, its authority in {folder}/ca.pem\n  \
             brokers on {} and {}, content on {}, time on {}\n  \
             certificates last 90 days; to start anew, remove the folder and run this again",
            ports.console, ports.centre_broker, ports.box_broker, ports.content, ports.time,
        )
    }
}

/// Issues everything into `dir`, which is renamed to `plan.folder` afterwards.
fn lay_down(plan: &Plan, dir: &Path, now: Timestamp) -> anyhow::Result<()> {
    // Where `vong centre` keeps it, so that the centre of this fleet can issue more.
    let data = dir.join("centre").join("data");
    fs::DirBuilder::new().recursive(true).mode(0o750).create(&data)?;
    let authority = Authority::create(&data.join("authority"), now)?;
    base::write_atomic(&dir.join("ca.pem"), authority.certificate_pem().as_bytes())?;
    let (centre_signer, centre_key) = authority.new_command_key()?;
    let (box_signer, box_key) = authority.new_command_key()?;
    let roster = authority.sign_roster(&roster(plan, &centre_signer, &box_signer), now);

    let device = |id: &DeviceId, role, command_key: Option<&Secret<String>>, text: String| {
        let folder = dir.join(id.as_str());
        let names = if role == Role::Station { LOOPBACK } else { &[] };
        let issued = authority.issue(id, role, names, now)?;
        let identity = folder.join("identity");
        issued
            .write(&identity, &roster, command_key)
            .with_context(|| format!("cannot write {}", identity.display()))?;
        base::write_atomic(&folder.join("vong.toml"), text.as_bytes())?;
        anyhow::Ok(())
    };
    device(&plan.centre, Role::Station, Some(&centre_key), settings::centre(plan))?;
    device(&plan.the_box, Role::Station, Some(&box_key), settings::the_box(plan))?;
    for cluster in &plan.clusters {
        device(cluster, Role::Cluster, None, settings::cluster(plan, cluster))?;
    }
    for (owner, port) in
        [(&plan.centre, plan.ports.centre_broker), (&plan.the_box, plan.ports.box_broker)]
    {
        let name = format!("mosquitto-{owner}");
        let issued = authority.issue(owner, Role::Broker, LOOPBACK, now)?;
        let folder = dir.join(&name);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.join("data"))?;
        base::write_private(&folder.join("broker.key"), issued.key_pem.expose_secret().as_bytes())?;
        base::write_atomic(&folder.join("broker.pem"), issued.certificate_pem.as_bytes())?;
        base::write_atomic(&folder.join("ca.pem"), issued.authority_pem.as_bytes())?;
        base::write_atomic(&folder.join("acl"), broker::acl(owner).as_bytes())?;
        let text = broker::configuration(&plan.folder.join(&name), port);
        base::write_atomic(&folder.join("mosquitto.conf"), text.as_bytes())?;
    }
    Ok(())
}

/// A cluster obeys its box and the centre.
fn roster(plan: &Plan, centre: &CommandSigner, the_box: &CommandSigner) -> [RosterKey; 2] {
    [
        RosterKey {
            owner: plan.centre.clone(),
            public: centre.public_key(),
            may_command: Reach::EveryDevice,
        },
        RosterKey {
            owner: plan.the_box.clone(),
            public: the_box.public_key(),
            may_command: Reach::Only(plan.clusters.iter().cloned().collect()),
        },
    ]
}
