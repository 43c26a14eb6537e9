//! Good files are believed; bad files are refused with every problem named.

use std::fs;

use super::*;

const WARD: &str = "
device = 'box-cau-tre-1'
site = 'da-nang/hai-chau/cau-tre'
data_dir = 'data'
identity.dir = 'identity'
uplink.host = 'centre.example'
local_broker = { host = '127.0.0.1' }
[[camera]]
id = 'cong-cho'
url = 'rtsp://10.0.0.2/sub'
[[camera.zone]]
id = 'san'
polygon = [[0, 0], [1, 0], [1, 1]]
[[cluster]]
id = 'loa-cau-tre-001'
";

fn ward(text: &str) -> Result<Ward, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.toml");
    fs::write(&path, text).unwrap();
    Ward::read(&path).map_err(|err| {
        assert!(err.downcast_ref::<Problems>().is_some(), "{err:#}: exits with another code");
        err.root_cause().to_string()
    })
}

#[test]
fn what_is_not_said_is_safe() {
    let ward = ward(WARD).unwrap();
    assert!(ward.console.listen.ip().is_loopback() && ward.content.listen.ip().is_loopback());
    assert!(ward.quiet_hours.is_some());
    assert_eq!(ward.clock, ClockTrust::Ntp);
    assert_eq!(ward.cameras[0].zones[0].labels, ["person"]);
    assert_eq!(ward.uplink.server_name.as_str(), "centre");
    assert_eq!(ward.local_broker.server_name, ward.device);
    assert!(ward.data_dir.ends_with("data") && ward.data_dir.is_absolute());
}

#[test]
fn every_problem_is_named_at_once_by_its_key() {
    let text = "
device = 'Box 1'
data_dri = 'data'
identity.dir = 'identity'
uplink = { host = 'a', port = 'x' }
local_broker = { hots = 'b' }
clock.trust = 'maybe'
[detector]
threads = 0
min_score = 7.0
[[camera]]
id = 'a'
url = 'http://x'
fps = 5
[[camera]]
id = 'a'
url = 'rtsp://root:pass@y/'
password_file = 'missing'
[[camera.zone]]
id = 'z'
polygon = [[0, 0], [2, 0]]
cooldown = 'soon'
[quiet_hours]
from = '9 pm'
";
    let problems = ward(text).unwrap_err();
    let keys: Vec<&str> = problems.lines().map(|it| it.split(": ").next().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "data_dri",
            "device",
            "data_dir",
            "uplink.port",
            "local_broker.hots",
            "local_broker.host",
            "clock.trust",
            "detector.threads",
            "detector.min_score",
            "camera.a.fps",
            "camera.a.url",
            "camera.a",
            "camera.a.url",
            "camera.a.password_file",
            "camera.a.zone.z.polygon",
            "camera.a.zone.z.polygon",
            "camera.a.zone.z.cooldown",
            "quiet_hours.from",
        ],
        "{problems}"
    );
    assert!(!problems.contains("pass@"), "a password is in the message");
}

#[test]
fn broken_toml_names_its_line() {
    let problems = ward("device = 'a'\nsite = ").unwrap_err();
    assert!(problems.contains("line 2"), "{problems}");
}

#[test]
fn a_file_that_is_not_there_is_a_problem_of_the_configuration() {
    let err = Ward::read(Path::new("/nonexistent/vong.toml")).unwrap_err();
    assert!(err.downcast_ref::<Problems>().is_some());
}

#[test]
fn the_sections_tell_whose_file_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.toml");
    let is = |text: &str| {
        fs::write(&path, text).unwrap();
        check(&path).unwrap()
    };
    assert_eq!(is(WARD), Role::Box);
    let speaker = "device = 'loa-1'\ndata_dir = 'd'\nidentity.dir = 'i'\nsound.sink = 'alsa'\n\
                   box = { device = 'b', host = 'h', content = 'https://h:1', time = '127.0.0.1:2' }";
    assert_eq!(is(speaker), Role::Speaker);
    assert_eq!(is("data_dir = 'd'\nidentity.dir = 'i'\nbroker.host = 'h'"), Role::Centre);
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    let schema = serde_json::to_value(schema(Role::Box)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["camera"].is_object());
    assert!(schema["properties"].get("unknown").is_none());
    let zone = &schema["$defs"]["Zone"]["properties"];
    assert!(zone["polygon"]["description"].as_str().unwrap().contains("three corners"));
}
