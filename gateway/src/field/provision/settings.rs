//! The `vong.toml` of each device of a development fleet.

use std::fmt::Write as _;

use base::DeviceId;

use super::dev_fleet::Plan;

const HEAD: &str =
    "# Made by `vong provision dev-fleet`. Paths are relative to this file's folder.\n";
const QUIET_HOURS_OFF: &str = "
# On by default, and right so: nobody wants a test at three in the morning. Off in a development
# fleet alone, because a demo must be heard (well, written to a file) whatever the hour.
[quiet_hours]
enabled = false
";

pub(super) fn centre(plan: &Plan) -> String {
    let mut text = top(&plan.centre, None);
    text += &broker("broker", plan.ports.centre_broker, &plan.centre);
    text + CLOCK
}

pub(super) fn the_box(plan: &Plan) -> String {
    let ports = &plan.ports;
    let mut text = top(&plan.the_box, Some(&plan.site));
    text += "\n# The centre's broker.";
    text += &broker("uplink", ports.centre_broker, &plan.centre);
    text += "\n# Our own, for the clusters.";
    text += &broker("local_broker", ports.box_broker, &plan.the_box);
    text += CLOCK;
    text += &format!("\n[console]\nlisten = \"127.0.0.1:{}\"\n", ports.console);
    text += &format!(
        "\n[content]\nlisten = \"127.0.0.1:{}\"\ntime_listen = \"127.0.0.1:{}\"\n",
        ports.content, ports.time
    );
    text += &detector(plan);
    for (url, n) in plan.camera_urls.iter().zip(1..) {
        text += &camera(url, n);
    }
    for (cluster, n) in plan.clusters.iter().zip(1..) {
        text += &format!(
            "\n[[cluster]]\nid = \"{cluster}\"\nname = \"Cụm loa {n}\"\nn_horns = 2\n\
             volume_percent = 80\n"
        );
    }
    text + QUIET_HOURS_OFF
}

pub(super) fn cluster(plan: &Plan, cluster: &DeviceId) -> String {
    let ports = &plan.ports;
    let mut text = top(cluster, Some(&plan.site));
    text += &format!(
        "\n[box]\ndevice = \"{}\"\nhost = \"127.0.0.1\"\nport = {}\n\
         content = \"https://127.0.0.1:{}\"\ntime = \"127.0.0.1:{}\"\n",
        plan.the_box, ports.box_broker, ports.content, ports.time
    );
    text += "\n# No card is needed: what would be heard is written to a file for each play.\n[sound]\n\
             sink = \"wav\"\nwav_dir = \"heard\"\nvolume_percent = 80\n";
    text + QUIET_HOURS_OFF
}

const CLOCK: &str = "
# Believe this machine's clock: in a development fleet every part runs on the same one.
[clock]
trust = \"host\"
";

fn top(device: &DeviceId, site: Option<&str>) -> String {
    let mut text = format!("{HEAD}device = \"{device}\"\n");
    if let Some(site) = site {
        text += &format!("site = {}\n", quoted(site));
    }
    text + "data_dir = \"data\"\n\n[identity]\ndir = \"identity\"\n"
}

/// Our parts ask a broker for the device in whose name it serves, not for its address.
fn broker(section: &str, port: u16, owner: &DeviceId) -> String {
    format!("\n[{section}]\nhost = \"127.0.0.1\"\nport = {port}\nserver_name = \"{owner}\"\n")
}

fn detector(plan: &Plan) -> String {
    let mut text = "\n[detector]\nmodel = \"yolox-nano\"\nfps = 5\n".to_owned();
    for (key, path) in [("library", &plan.detector_library), ("model_dir", &plan.model_dir)] {
        if let Some(path) = path {
            let _ = writeln!(text, "{key} = {}", quoted(&path.to_string_lossy()));
        }
    }
    text
}

/// The zone leaves a margin on three sides, so that who walks into the picture enters it.
fn camera(url: &str, n: u16) -> String {
    format!(
        "\n[[camera]]\nid = \"cam-{n}\"\nname = \"Camera {n}\"\nurl = {}\n\
         \n  [[camera.zone]]\n  id = \"khu-vuc\"\n  name = \"Khu vực {n}\"\n  \
         polygon = [[0.1, 0.15], [0.9, 0.15], [0.9, 1.0], [0.1, 1.0]]\n  \
         labels = [\"person\"]\n  cooldown = \"10s\"\n  severity = \"warning\"\n",
        quoted(url)
    )
}

/// A TOML basic string: a path or a URL may hold a quote or a backslash.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
