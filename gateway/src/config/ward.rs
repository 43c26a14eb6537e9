//! What `vong run` is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{DeviceId, Score, Secret};
use broadcast::quiet::QuietHours;
use jiff::tz::TimeZone;

use super::problems::{Field, Problems, Reader};
use super::raw;
use super::sections::{self, Broker, ClockTrust};

/// A ward box.
#[derive(Clone, Debug)]
pub struct Ward {
    pub device: DeviceId,
    pub site: String,
    pub data_dir: PathBuf,
    pub identity_dir: PathBuf,
    pub uplink: Broker,
    pub local_broker: Broker,
    pub clock: ClockTrust,
    pub console: Console,
    pub content: Content,
    pub detector: Detector,
    /// Ids unique.
    pub cameras: Vec<Camera>,
    /// Ids unique.
    pub clusters: Vec<Cluster>,
    /// `None`: switched off.
    pub quiet_hours: Option<QuietHours>,
    /// The calendar's zone.
    pub timezone: TimeZone,
}

/// The console's HTTPS server.
#[derive(Clone, Debug)]
pub struct Console {
    pub listen: SocketAddr,
}

/// What loudspeakers fetch: audio over HTTPS (TCP), time over UDP.
#[derive(Clone, Debug)]
pub struct Content {
    pub listen: SocketAddr,
    pub time_listen: SocketAddr,
}

/// Object detection.
#[derive(Clone, Debug)]
pub struct Detector {
    /// `None`: look in the usual places.
    pub library: Option<PathBuf>,
    /// `None`: look in the usual places.
    pub model_dir: Option<PathBuf>,
    pub model: String,
    /// 1 to 16.
    pub n_threads: usize,
    pub min_score: Score,
    /// Frames a second that are analysed, 1 to 30.
    pub fps: u32,
}

#[derive(Clone, Debug)]
pub struct Camera {
    pub id: DeviceId,
    pub name: String,
    /// `rtsp://…` without credentials.
    pub url: String,
    pub username: Option<String>,
    pub password: Option<Secret<String>>,
    pub transport: Transport,
    /// Ids unique.
    pub zones: Vec<Zone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// A part of the picture that raises an alert when somebody enters it.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    pub id: DeviceId,
    pub name: String,
    /// Three or more corners, each coordinate 0 to 1 of the picture's width or height.
    pub polygon: Vec<[f32; 2]>,
    /// Never empty.
    pub labels: Vec<String>,
    pub cooldown: Duration,
    pub severity: Severity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// A loudspeaker cluster that this box drives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub id: DeviceId,
    pub name: String,
    pub n_horns: u16,
    /// 0 to 100.
    pub volume_percent: u8,
}

impl Ward {
    pub(super) fn believe(raw: raw::Ward, folder: &Path) -> Result<Self, Problems> {
        let mut reader = Reader::new(folder);
        let believed = Self::section(&mut reader, raw);
        reader.finish(believed)
    }

    fn section(reader: &mut Reader<'_>, raw: raw::Ward) -> Option<Self> {
        reader.unknown("", &raw.unknown);
        let device = reader.required("device", raw.device);
        let device: Option<DeviceId> = reader.parsed("device", device);
        let site = reader.optional("site", raw.site).unwrap_or_default();
        let data_dir = sections::data_dir(reader, raw.data_dir);
        let identity_dir = sections::identity_dir(reader, raw.identity);
        let uplink = sections::broker(reader, "uplink", raw.uplink, "centre".parse().ok());
        let local_broker =
            sections::broker(reader, "local_broker", raw.local_broker, device.clone());
        let clock = sections::clock_trust(reader, raw.clock);
        let console = console(reader, raw.console);
        let content = content(reader, raw.content);
        let detector = detector(reader, raw.detector);
        let cameras = cameras(reader, raw.camera);
        let clusters = clusters(reader, raw.cluster);
        let quiet_hours = sections::quiet_hours(reader, raw.quiet_hours);
        let schedule = reader.optional("schedule", raw.schedule).unwrap_or_default();
        reader.unknown("schedule", &schedule.unknown);
        let timezone = sections::timezone(reader, "schedule.timezone", schedule.timezone);
        Some(Self {
            device: device?,
            site,
            data_dir: data_dir?,
            identity_dir: identity_dir?,
            uplink: uplink?,
            local_broker: local_broker?,
            clock: clock?,
            console: console?,
            content: content?,
            detector: detector?,
            cameras,
            clusters,
            quiet_hours,
            timezone: timezone?,
        })
    }
}

fn address(
    reader: &mut Reader<'_>,
    key: &str,
    field: Field<String>,
    default: &str,
) -> Option<SocketAddr> {
    let text = reader.optional(key, field).unwrap_or_else(|| default.to_owned());
    let address = text.parse().ok();
    if address.is_none() {
        reader.problem(key, format!("{text:?} is not an address and port such as {default:?}"));
    }
    address
}

fn console(reader: &mut Reader<'_>, field: Field<raw::Console>) -> Option<Console> {
    let section = reader.optional("console", field).unwrap_or_default();
    reader.unknown("console", &section.unknown);
    Some(Console { listen: address(reader, "console.listen", section.listen, "127.0.0.1:8443")? })
}

fn content(reader: &mut Reader<'_>, field: Field<raw::Content>) -> Option<Content> {
    let section = reader.optional("content", field).unwrap_or_default();
    reader.unknown("content", &section.unknown);
    let listen = address(reader, "content.listen", section.listen, "127.0.0.1:8444");
    let time = address(reader, "content.time_listen", section.time_listen, "127.0.0.1:8445");
    Some(Content { listen: listen?, time_listen: time? })
}

fn detector(reader: &mut Reader<'_>, field: Field<raw::Detector>) -> Option<Detector> {
    let section = reader.optional("detector", field).unwrap_or_default();
    reader.unknown("detector", &section.unknown);
    let library = reader.optional("detector.library", section.library);
    let model_dir = reader.optional("detector.model_dir", section.model_dir);
    let model = reader.optional("detector.model", section.model);
    let n_threads = sections::within(reader, "detector.threads", section.threads, 1, 1..=16);
    let fps = sections::within(reader, "detector.fps", section.fps, 5, 1..=30);
    let min_score = reader.optional("detector.min_score", section.min_score).unwrap_or(0.5);
    let min_score =
        Score::try_from(min_score).map_err(|err| reader.problem("detector.min_score", err)).ok();
    Some(Detector {
        library: library.map(|it| reader.path(it)),
        model_dir: model_dir.map(|it| reader.path(it)),
        model: model.unwrap_or_else(|| "yolox-nano".to_owned()),
        n_threads: n_threads?,
        min_score: min_score?,
        fps: fps?,
    })
}

/// A list whose members are named by their ids in problems, or by their place while they have none.
fn id_of(
    reader: &mut Reader<'_>,
    list: &str,
    index: usize,
    field: Field<String>,
    taken: &[DeviceId],
) -> (String, Option<DeviceId>) {
    let place = format!("{list}[{}]", index + 1);
    let Some(text) = reader.required(&format!("{place}.id"), field) else { return (place, None) };
    let key = format!("{list}.{text}");
    let Some(id) = reader.parsed::<DeviceId>(&format!("{place}.id"), Some(text)) else {
        return (place, None);
    };
    if taken.contains(&id) {
        reader.problem(&key, "id is used twice");
    }
    (key, Some(id))
}

fn cameras(reader: &mut Reader<'_>, field: Field<Vec<raw::Camera>>) -> Vec<Camera> {
    let mut cameras: Vec<Camera> = Vec::new();
    let mut taken = Vec::new();
    for (index, mut raw) in
        reader.optional("camera", field).unwrap_or_default().into_iter().enumerate()
    {
        let id = std::mem::take(&mut raw.id);
        let (key, id) = id_of(reader, "camera", index, id, &taken);
        taken.extend(id.clone());
        cameras.extend(camera(reader, &key, id, raw));
    }
    cameras
}

fn camera(
    reader: &mut Reader<'_>,
    key: &str,
    id: Option<DeviceId>,
    raw: raw::Camera,
) -> Option<Camera> {
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let url = reader.required(&format!("{key}.url"), raw.url);
    if let Some(url) = &url {
        check_url(reader, &format!("{key}.url"), url);
    }
    let username = reader.optional(&format!("{key}.username"), raw.username);
    let password_key = format!("{key}.password_file");
    let password = reader
        .optional(&password_key, raw.password_file)
        .and_then(|it| sections::secret_file(reader, &password_key, it.as_ref()))
        .map(Secret::new);
    let transport_key = format!("{key}.transport");
    let transport = match reader.optional(&transport_key, raw.transport).as_deref() {
        None | Some("tcp") => Some(Transport::Tcp),
        Some("udp") => Some(Transport::Udp),
        Some(other) => {
            reader.problem(&transport_key, format!("{other:?} is neither \"tcp\" nor \"udp\""));
            None
        }
    };
    let zones = zones(reader, &format!("{key}.zone"), raw.zone);
    let id = id?;
    Some(Camera {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        url: url?,
        username,
        password,
        transport: transport?,
        zones,
    })
}

fn check_url(reader: &mut Reader<'_>, key: &str, url: &str) {
    let Some(rest) = url.strip_prefix("rtsp://") else {
        reader.problem(key, "must start with rtsp://");
        return;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        reader.problem(key, "must not hold a user or password: use username and password_file");
    } else if authority.is_empty() {
        reader.problem(key, "names no host");
    }
}

fn zones(reader: &mut Reader<'_>, list: &str, field: Field<Vec<raw::Zone>>) -> Vec<Zone> {
    let mut zones = Vec::new();
    let mut taken = Vec::new();
    for (index, mut raw) in reader.optional(list, field).unwrap_or_default().into_iter().enumerate()
    {
        let id = std::mem::take(&mut raw.id);
        let (key, id) = id_of(reader, list, index, id, &taken);
        taken.extend(id.clone());
        zones.extend(zone(reader, &key, id, raw));
    }
    zones
}

fn zone(reader: &mut Reader<'_>, key: &str, id: Option<DeviceId>, raw: raw::Zone) -> Option<Zone> {
    reader.unknown(key, &raw.unknown);
    let name = reader.optional(&format!("{key}.name"), raw.name);
    let polygon_key = format!("{key}.polygon");
    let polygon = reader.required(&polygon_key, raw.polygon);
    if let Some(corners) = &polygon {
        if corners.len() < 3 {
            reader.problem(&polygon_key, "needs at least three corners");
        }
        if corners.iter().flatten().any(|it| !(0.0..=1.0).contains(it)) {
            reader.problem(&polygon_key, "coordinates are parts of the picture, 0 to 1");
        }
    }
    let labels_key = format!("{key}.labels");
    let labels =
        reader.optional(&labels_key, raw.labels).unwrap_or_else(|| vec!["person".to_owned()]);
    if labels.is_empty() {
        reader.problem(&labels_key, "names nothing to look for");
    }
    let cooldown = sections::duration(
        reader,
        &format!("{key}.cooldown"),
        raw.cooldown,
        Duration::from_secs(30),
        Duration::from_hours(24),
    );
    let severity_key = format!("{key}.severity");
    let severity = match reader.optional(&severity_key, raw.severity).as_deref() {
        Some("info") => Some(Severity::Info),
        None | Some("warning") => Some(Severity::Warning),
        Some("critical") => Some(Severity::Critical),
        Some(other) => {
            reader.problem(&severity_key, format!("{other:?} is not info, warning or critical"));
            None
        }
    };
    let id = id?;
    Some(Zone {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        polygon: polygon?,
        labels,
        cooldown: cooldown?,
        severity: severity?,
    })
}

fn clusters(reader: &mut Reader<'_>, field: Field<Vec<raw::Cluster>>) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    let mut taken = Vec::new();
    for (index, raw) in
        reader.optional("cluster", field).unwrap_or_default().into_iter().enumerate()
    {
        let (key, id) = id_of(reader, "cluster", index, raw.id, &taken);
        taken.extend(id.clone());
        reader.unknown(&key, &raw.unknown);
        let name = reader.optional(&format!("{key}.name"), raw.name);
        let n_horns = sections::within(reader, &format!("{key}.n_horns"), raw.n_horns, 1, 1..=64);
        let volume_key = format!("{key}.volume_percent");
        let volume_percent = sections::within(reader, &volume_key, raw.volume_percent, 80, 0..=100);
        if let (Some(id), Some(n_horns), Some(volume_percent)) = (id, n_horns, volume_percent) {
            let name = name.unwrap_or_else(|| id.to_string());
            clusters.push(Cluster { id, name, n_horns, volume_percent });
        }
    }
    clusters
}
