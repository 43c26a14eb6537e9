//! The `vong.toml` of each device of a development fleet.

use std::path::PathBuf;

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

const ONE_APPROVER: &str = "
# In a ward, what sounds at night takes two people. A demo at night has one approver to ask.
[approval]
second_approver = false
";

pub(super) fn centre(plan: &Plan) -> String {
    [
        top(&plan.centre, None),
        broker("broker", plan.ports.centre_broker, &plan.centre),
        CLOCK.to_owned(),
    ]
    .concat()
}

pub(super) fn the_box(plan: &Plan) -> String {
    let ports = &plan.ports;
    let servers = format!(
        "\n[console]\nlisten = \"127.0.0.1:{}\"\n\
         \n[content]\nlisten = \"127.0.0.1:{}\"\ntime_listen = \"127.0.0.1:{}\"\n",
        ports.console, ports.content, ports.time
    );
    let mut sections = vec![
        top(&plan.the_box, Some(&plan.site)),
        "\n# The centre's broker.".to_owned(),
        broker("uplink", ports.centre_broker, &plan.centre),
        "\n# Our own, for the clusters.".to_owned(),
        broker("local_broker", ports.box_broker, &plan.the_box),
        CLOCK.to_owned(),
        servers,
        detector(plan),
    ];
    sections.extend(plan.camera_urls.iter().zip(1..).map(|(url, n)| camera(url, n)));
    sections.extend(plan.clusters.iter().zip(1..).map(|(cluster, n)| {
        format!(
            "\n[[cluster]]\nid = \"{cluster}\"\nname = \"Cụm loa {n}\"\nn_horns = 2\n\
             volume_percent = 80\n"
        )
    }));
    sections.extend([QUIET_HOURS_OFF.to_owned(), ONE_APPROVER.to_owned()]);
    sections.concat()
}

pub(super) fn cluster(plan: &Plan, cluster: &DeviceId) -> String {
    let ports = &plan.ports;
    let the_box = format!(
        "\n[box]\ndevice = \"{}\"\nhost = \"127.0.0.1\"\nport = {}\n\
         content = \"https://127.0.0.1:{}\"\ntime = \"127.0.0.1:{}\"\n",
        plan.the_box, ports.box_broker, ports.content, ports.time
    );
    [top(cluster, Some(&plan.site)), the_box, SOUND.to_owned(), QUIET_HOURS_OFF.to_owned()].concat()
}

const SOUND: &str = "
# No card is needed: what would be heard is written to a file for each play.
[sound]
sink = \"wav\"
wav_dir = \"heard\"
";

const CLOCK: &str = "
# Believe this machine's clock: in a development fleet every part runs on the same one.
[clock]
trust = \"host\"
";

fn top(device: &DeviceId, site: Option<&str>) -> String {
    let site = site.map(|it| format!("site = {}\n", quoted(it))).unwrap_or_default();
    format!(
        "{HEAD}device = \"{device}\"\n{site}data_dir = \"data\"\n\
         \n[identity]\ndir = \"identity\"\n"
    )
}

/// Our parts ask a broker for the device in whose name it serves, not for its address.
fn broker(section: &str, port: u16, owner: &DeviceId) -> String {
    format!("\n[{section}]\nhost = \"127.0.0.1\"\nport = {port}\nserver_name = \"{owner}\"\n")
}

fn detector(plan: &Plan) -> String {
    let path = |key: &str, path: &Option<PathBuf>| {
        let line = |it: &PathBuf| format!("{key} = {}\n", quoted(&it.to_string_lossy()));
        path.as_ref().map(line).unwrap_or_default()
    };
    let library = path("library", &plan.detector_library);
    let models = path("model_dir", &plan.model_dir);
    format!("\n[detector]\nmodel = \"yolox-nano\"\nfps = 5\n{library}{models}")
}

/// The area leaves a margin on three sides, so that who walks into the picture enters it.
fn camera(url: &str, n: u16) -> String {
    format!(
        "\n[[camera]]\nid = \"cam-{n}\"\nname = \"Camera {n}\"\nurl = {}\n\
         \n  [[camera.rule]]\n  id = \"khu-vuc\"\n  name = \"Khu vực {n}\"\n  \
         kind = \"enter\"\n  area = [[0.1, 0.15], [0.9, 0.15], [0.9, 1.0], [0.1, 1.0]]\n  \
         labels = [\"person\"]\n  cooldown = \"10s\"\n  severity = \"warning\"\n",
        quoted(url)
    )
}

/// A TOML basic string: a path or a URL may hold a quote or a backslash.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
