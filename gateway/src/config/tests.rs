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
[[camera.rule]]
id = 'san'
area = [[0, 0], [1, 0], [1, 1]]
[[cluster]]
id = 'loa-cau-tre-001'
";

fn ward(text: &str) -> Result<Ward, String> {
    read_as(Ward::read, text)
}

fn read_as<T>(read: fn(&Path) -> anyhow::Result<T>, text: &str) -> Result<T, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vong.toml");
    fs::write(&path, text).unwrap();
    read(&path).map_err(|err| {
        assert!(err.downcast_ref::<Problems>().is_some(), "{err:#}: exits with another code");
        err.root_cause().to_string()
    })
}

/// The keys of all problems, in their order.
fn keys(problems: &str) -> Vec<&str> {
    problems.lines().map(|it| it.split(": ").next().unwrap()).collect()
}

#[test]
fn a_wards_own_words_are_read_and_every_wrong_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let believe = |table: &str, speech: &str| {
        fs::write(dir.path().join("tu.txt"), table).unwrap();
        let path = dir.path().join("vong.toml");
        fs::write(&path, format!("{speech}\n{WARD}")).unwrap();
        Ward::read(&path)
    };
    let ward = believe("NVH = nhà văn hóa\n", "speech.abbreviations = 'tu.txt'").unwrap();
    let words = broadcast::normalise::normalise(
        "NVH",
        &ward.speech.abbreviations,
        broadcast::normalise::Dialect::Standard,
    );
    assert_eq!(words.text(), "nhà văn hóa.");
    let error = believe("A\nB = 2\n", "speech.abbreviations = 'tu.txt'\nspeech.voice_region = 'x'");
    let error = format!("{:#}", error.unwrap_err());
    for problem in [
        "speech.abbreviations: tu.txt: line 1: write it as KEY = words, one a line",
        "speech.abbreviations: tu.txt: line 2: the reading of B must be words only",
        "speech.voice_region: voice \"x\" is not known: use north, central or south",
        "speech.voice_model: is missing, and other keys tell of it",
    ] {
        assert!(error.contains(problem), "{problem} in {error}");
    }
}

#[test]
fn what_is_not_said_is_safe() {
    let ward = ward(WARD).unwrap();
    assert!(ward.console.listen.ip().is_loopback() && ward.content.listen.ip().is_loopback());
    assert!(ward.quiet_hours.is_some());
    assert_eq!(ward.clock, ClockTrust::Ntp);
    assert_eq!(ward.cameras[0].rules[0].labels, ["person"]);
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
library_sha256 = 'abc'
model = 'yolov8n'
provider = 'gpu'
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
[[camera.rule]]
id = 'r'
area = [[0, 0], [1, 0]]
cooldown = 'soon'
[[cluster]]
id = 'loa-1'
place = 'Hải Châu'
[quiet_hours]
from = '9 pm'
";
    let problems = ward(text).unwrap_err();
    assert_eq!(
        keys(&problems),
        [
            "data_dri",
            "device",
            "data_dir",
            "uplink.port",
            "local_broker.hots",
            "local_broker.host",
            "clock.trust",
            "detector.library_sha256",
            "detector.model",
            "detector.provider",
            "detector.threads",
            "detector.min_score",
            "camera.a.fps",
            "camera.a.url",
            "camera.a",
            "camera.a.url",
            "camera.a.password_file",
            "camera.a.rule.r.area",
            "camera.a.rule.r.cooldown",
            "cluster.loa-1.place",
            "quiet_hours.from",
        ],
        "{problems}"
    );
    assert!(!problems.contains("pass@"), "a password is in the message");
}

#[test]
fn every_problem_of_a_loudspeaker_is_named_at_once() {
    let text = "
device = 'loa 1'
colour = 'red'
identity.dri = 'identity'
[box]
device = 'Box'
port = 0
content = 'http://10.0.0.2:8444'
time = '10.0.0.2'
[sound]
sink = 'wav'
volume_percent = 101
latency = '3s'
[[sound.band]]
from = '21:00'
to = '6 giờ'
[sound.relay]
active = '1'
inactive = '1'
[mute]
active = ''
[cache]
max_bytes = 1
size = 2
[quiet_hours]
timezone = 'Asia/Da_Nang'
[limits]
daily = '25h'
";
    let problems = read_as(Speaker::read, text).unwrap_err();
    assert_eq!(
        keys(&problems),
        [
            "colour",
            "device",
            "data_dir",
            "identity.dri",
            "identity.dir",
            "box.device",
            "box.host",
            "box.port",
            "box.content",
            "box.time",
            "cache.size",
            "cache.max_bytes",
            "quiet_hours.timezone",
            "limits.daily",
            "sound.wav_dir",
            "sound.volume_percent",
            "sound.band[1].to",
            "sound.band[1].volume_percent",
            "sound.relay.file",
            "sound.relay.inactive",
            "sound.latency",
            "mute.input",
            "mute.active",
        ],
        "{problems}"
    );
}

#[test]
fn every_problem_of_the_centre_is_named_at_once() {
    let text = "
device = 'The centre'
data_dri = 'data'
site = 1
[broker]
port = 70000
server_name = 'the broker'
user = 'vong'
[clock]
trust = 'me'
drift = 1
";
    let problems = read_as(Centre::read, text).unwrap_err();
    assert_eq!(
        keys(&problems),
        [
            "data_dri",
            "device",
            "site",
            "data_dir",
            "identity",
            "broker.user",
            "broker.host",
            "broker.port",
            "broker.server_name",
            "clock.drift",
            "clock.trust",
        ],
        "{problems}"
    );
}

#[test]
fn a_model_that_does_not_exist_is_answered_with_those_that_do() {
    let problems = ward(&format!("detector.model = 'yolov8n'\n{WARD}")).unwrap_err();
    let expected = "detector.model: there is no model \"yolov8n\"; known are yolox-nano, picodet-s, \
                    coco-ssd-300, yolox-nano-int8";
    assert_eq!(problems, expected);
}

#[test]
fn a_provider_is_answered_with_the_known_ones_and_a_hash_needs_its_library() {
    let problem = |detector: &str| ward(&format!("{detector}\n{WARD}")).unwrap_err();
    assert_eq!(
        problem("detector.provider = 'tensorrt'"),
        "detector.provider: \"tensorrt\" is no execution provider; known are cpu, xnnpack, acl, \
         cuda, openvino, qnn, rknpu"
    );
    let hash = "0".repeat(64);
    assert_eq!(
        problem(&format!("detector.library_sha256 = '{hash}'")),
        "detector.library_sha256: is of `detector.library`, which is missing"
    );
    let own =
        format!("[detector]\nlibrary = 'ort.so'\nlibrary_sha256 = '{hash}'\nprovider = 'acl'");
    let detector = ward(&format!("{WARD}\n{own}")).unwrap().detector;
    assert_eq!(detector.provider, models::Provider::Acl);
    assert_eq!(detector.library_sha256.unwrap().to_string(), hash);
}

#[test]
fn a_label_that_the_model_does_not_know_is_named_with_what_it_knows() {
    let area = "area = [[0, 0], [1, 0], [1, 1]]\n";
    let text = |model: &str, labels: &str| {
        let with_labels = format!("{area}labels = {labels}\n");
        format!("detector.model = '{model}'\n{}", WARD.replace(area, &with_labels))
    };
    assert!(ward(&text("coco-ssd-300", "['person', 'motorcycle']")).is_ok());
    let slip = ward(&text("coco-ssd-300", "['person', 'Motorcyle']")).unwrap_err();
    assert_eq!(
        slip,
        "camera.cong-cho.rule.san.labels: coco-ssd-300 knows no \"Motorcyle\": did you mean motorcycle?"
    );
    let foreign = ward(&text("yolox-nano", "['xe máy']")).unwrap_err();
    let start = "camera.cong-cho.rule.san.labels: yolox-nano knows no \"xe máy\": it knows person, bicycle, car";
    assert!(foreign.starts_with(start) && foreign.ends_with("toothbrush"), "{foreign}");
}

#[test]
fn a_cluster_is_quieter_at_night_unless_its_bands_say_otherwise() {
    let base = "device = 'loa-1'\ndata_dir = 'd'\nidentity.dir = 'i'\n\
                box = { device = 'b', host = 'h', content = 'https://h:1', time = '127.0.0.1:2' }\n";
    let percent_at_five = |text: &str| {
        let config = read_as(Speaker::read, &format!("{base}{text}"))?;
        let at = "2026-01-05T05:00:00+07:00".parse().unwrap();
        Ok::<_, String>(config.sound.volume.at(at).percent())
    };
    assert_eq!(percent_at_five(""), Ok(56));
    assert_eq!(percent_at_five("sound.volume_percent = 50"), Ok(28));
    let band =
        |from, to| format!("[[sound.band]]\nfrom = '{from}'\nto = '{to}'\nvolume_percent = 30\n");
    assert_eq!(percent_at_five(&band("22:00", "05:30")), Ok(30));
    assert_eq!(percent_at_five("sound.band = []"), Ok(100));
    let twice = percent_at_five(&(band("22:00", "05:30") + &band("05:00", "06:00"))).unwrap_err();
    assert!(twice.starts_with("sound.band: 05:00:00 is in more than one band"), "{twice}");
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
    let rule = &schema["$defs"]["Rule"]["properties"];
    assert!(rule["area"]["description"].as_str().unwrap().contains("three corners"));
    assert_eq!(rule.as_object().unwrap().len(), 13);
    assert!(rule.as_object().unwrap().values().skip(1).all(|it| it["description"].is_string()));
}
