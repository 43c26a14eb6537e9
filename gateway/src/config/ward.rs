//! What `vong run` is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{BitRate, DeviceId, Score, Sha256};
use broadcast::Volume;
use broadcast::bulletin::ApprovalRules;
use broadcast::place::PlaceCode;
use broadcast::quiet::QuietHours;
use jiff::tz::TimeZone;
use models::{Entry, Manifest, Provider};

use super::approval;
use super::broadcast_rules::{BroadcastRules, broadcast_rules};
use super::camera::{self, Camera};
use super::problems::{Field, Problems, Reader};
use super::raw;
use super::sections::{self, Broker, ClockTrust};
use super::speech::{self, Speech};

/// A quarter of an hour, 5.4 MB, is then with 272 clusters in six minutes, and a port of 100 Mbit/s has two
/// thirds left for cameras.
const RATE_LIMIT: &str = "32Mbit/s";
const SLOWEST_CONTENT_BYTES: u64 = 125_000;

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
    pub retention: Retention,
    /// `None`: switched off.
    pub proof_every: Option<Duration>,
    /// Ids unique.
    pub clusters: Vec<Cluster>,
    /// `None`: switched off.
    pub quiet_hours: Option<QuietHours>,
    pub approval: ApprovalRules,
    /// What the calendar and the hours of rules are told in.
    pub timezone: TimeZone,
    pub broadcast: BroadcastRules,
    pub speech: Speech,
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
    /// Of all audio together; `None` is off.
    pub rate_limit: Option<BitRate>,
    /// How long sound is kept after it last played.
    pub keep: Duration,
}

/// Object detection.
#[derive(Clone, Debug)]
pub struct Detector {
    /// `None`: look in the usual places.
    pub library: Option<PathBuf>,
    /// `None`: that of the library which this program was tested with.
    pub library_sha256: Option<Sha256>,
    /// `None`: look in the usual places.
    pub model_dir: Option<PathBuf>,
    /// In the manifest.
    pub model: String,
    pub provider: Provider,
    /// 1 to 16.
    pub n_threads: usize,
    pub min_score: Score,
    /// Frames a second that are analysed, 1 to 30.
    pub fps: u32,
}

/// How long pictures and clips of alerts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub info: Duration,
    pub warning: Duration,
    pub critical: Duration,
    pub max_bytes: u64,
}

/// A loudspeaker cluster that this box drives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub id: DeviceId,
    pub name: String,
    pub n_horns: u16,
    pub volume: Volume,
    /// What it hangs on, unless the table of places says.
    pub place: Option<PlaceCode>,
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
        let manifest = Manifest::built_in().expect("a test reads it");
        let (detector, model) = detector(reader, &manifest, raw.detector);
        let schedule = reader.optional("schedule", raw.schedule).unwrap_or_default();
        reader.unknown("schedule", &schedule.unknown);
        let timezone = sections::timezone(reader, "schedule.timezone", schedule.timezone);
        let cameras = camera::cameras(reader, model, timezone.as_ref(), raw.camera);
        let retention = retention(reader, raw.retention);
        let proof_every = proof_of_life(reader, raw.proof_of_life);
        let clusters = clusters(reader, raw.cluster);
        let quiet_hours = sections::quiet_hours(reader, raw.quiet_hours);
        let broadcast = broadcast_rules(reader, raw.broadcast);
        let approval =
            approval::approval(reader, raw.approval, timezone.as_ref(), quiet_hours.as_ref());
        let speech = speech::speech(reader, raw.speech);
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
            retention: retention?,
            proof_every: proof_every?,
            clusters,
            quiet_hours,
            approval: approval?,
            timezone: timezone?,
            broadcast: broadcast?,
            speech: speech?,
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
    let rate_limit = rate_limit(reader, section.rate_limit);
    let days = sections::within(reader, "content.keep_days", section.keep_days, 180, 1..=3650)?;
    let keep = Duration::from_hours(24 * u64::from(days));
    Some(Content { listen: listen?, time_listen: time?, rate_limit: rate_limit?, keep })
}

/// The outer `None` is a problem, the inner one is off.
#[expect(clippy::option_option, reason = "a value that may be absent, and may be wrong")]
fn rate_limit(reader: &mut Reader<'_>, field: Field<String>) -> Option<Option<BitRate>> {
    let key = "content.rate_limit";
    let text = reader.optional(key, field).unwrap_or_else(|| RATE_LIMIT.to_owned());
    if text == "none" {
        return Some(None);
    }
    let rate: BitRate = reader.parsed(key, Some(text))?;
    if rate.bytes_a_second() < SLOWEST_CONTENT_BYTES {
        reader.problem(key, "is less than 1Mbit/s: a ward would wait for days");
        return None;
    }
    Some(Some(rate))
}

/// With what the manifest says of the model, which rules are checked against.
fn detector<'a>(
    reader: &mut Reader<'_>,
    manifest: &'a Manifest,
    field: Field<raw::Detector>,
) -> (Option<Detector>, Option<&'a Entry>) {
    let section = reader.optional("detector", field).unwrap_or_default();
    reader.unknown("detector", &section.unknown);
    let library = reader.optional("detector.library", section.library);
    let hash = reader.optional("detector.library_sha256", section.library_sha256);
    let library_sha256 = reader.parsed("detector.library_sha256", hash);
    if library_sha256.is_some() && library.is_none() {
        reader.problem("detector.library_sha256", "is of `detector.library`, which is missing");
    }
    let model_dir = reader.optional("detector.model_dir", section.model_dir);
    let model = reader.optional("detector.model", section.model);
    let model = model.unwrap_or_else(|| "yolox-nano".to_owned());
    let entry = manifest.entry(&model).map_err(|err| reader.problem("detector.model", err)).ok();
    let provider = reader.optional("detector.provider", section.provider);
    let provider = provider
        .map_or(Some(Provider::default()), |it| reader.parsed("detector.provider", Some(it)));
    let n_threads = sections::within(reader, "detector.threads", section.threads, 1, 1..=16);
    let fps = sections::within(reader, "detector.fps", section.fps, 5, 1..=30);
    let min_score = reader.optional("detector.min_score", section.min_score).unwrap_or(0.5);
    let min_score =
        Score::try_from(min_score).map_err(|err| reader.problem("detector.min_score", err)).ok();
    let believed = || {
        Some(Detector {
            library: library.map(|it| reader.path(it)),
            library_sha256,
            model_dir: model_dir.map(|it| reader.path(it)),
            model,
            provider: provider?,
            n_threads: n_threads?,
            min_score: min_score?,
            fps: fps?,
        })
    };
    (believed(), entry)
}

fn retention(reader: &mut Reader<'_>, field: Field<raw::Retention>) -> Option<Retention> {
    let section = reader.optional("retention", field).unwrap_or_default();
    reader.unknown("retention", &section.unknown);
    let mut days = |key: &str, field, default| {
        let days = sections::within(reader, &format!("retention.{key}"), field, default, 1..=3650)?;
        Some(Duration::from_hours(24 * u64::from(days)))
    };
    let info = days("info_days", section.info_days, 7);
    let warning = days("warning_days", section.warning_days, 30);
    let critical = days("critical_days", section.critical_days, 90);
    let key = "retention.max_bytes";
    let max_bytes = sections::within(reader, key, section.max_bytes, 8 << 30, 1 << 20..=1 << 50);
    Some(Retention { info: info?, warning: warning?, critical: critical?, max_bytes: max_bytes? })
}

/// The outer `None` is a problem, the inner one is off.
#[expect(clippy::option_option, reason = "a value that may be absent, and may be wrong")]
fn proof_of_life(
    reader: &mut Reader<'_>,
    field: Field<raw::ProofOfLife>,
) -> Option<Option<Duration>> {
    let section = reader.optional("proof_of_life", field).unwrap_or_default();
    reader.unknown("proof_of_life", &section.unknown);
    let key = "proof_of_life.every";
    let (default, most) = (Duration::from_hours(6), Duration::from_hours(24 * 7));
    let every = sections::duration(reader, key, section.every, default, most)?;
    if !every.is_zero() && every < Duration::from_mins(1) {
        reader.problem(key, "is less than a minute: a camera has other things to do");
        return None;
    }
    Some((!every.is_zero()).then_some(every))
}

fn clusters(reader: &mut Reader<'_>, field: Field<Vec<raw::Cluster>>) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    let mut taken = Vec::new();
    for (index, raw) in
        reader.optional("cluster", field).unwrap_or_default().into_iter().enumerate()
    {
        let (key, id) = sections::id_of(reader, "cluster", index, raw.id, &taken);
        taken.extend(id.clone());
        reader.unknown(&key, &raw.unknown);
        let name = reader.optional(&format!("{key}.name"), raw.name);
        let n_horns = sections::within(reader, &format!("{key}.n_horns"), raw.n_horns, 1, 1..=64);
        let volume_key = format!("{key}.volume_percent");
        let percent = sections::within(reader, &volume_key, raw.volume_percent, 80, 0..=100);
        let volume = percent.and_then(|it| Volume::try_from(it).ok());
        let place_key = format!("{key}.place");
        let place = reader.optional(&place_key, raw.place);
        let place = reader.parsed(&place_key, place);
        if let (Some(id), Some(n_horns), Some(volume)) = (id, n_horns, volume) {
            let name = name.unwrap_or_else(|| id.to_string());
            clusters.push(Cluster { id, name, n_horns, volume, place });
        }
    }
    clusters
}
