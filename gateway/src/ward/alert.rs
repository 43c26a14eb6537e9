//! An alert from when it is raised until it is cleared, and the files that prove it.

use std::path::PathBuf;
use std::time::Duration;

use base::{DeviceId, Score, Sha256};
use jiff::Timestamp;
use media::CaptureClock;
use uuid::Uuid;

use crate::config;

/// Something that a rule of a camera told.
#[derive(Clone, Debug)]
pub struct Alert {
    pub id: Uuid,
    pub camera: DeviceId,
    /// The rule's id and name; the table and the messages call them its zone.
    pub zone: DeviceId,
    pub zone_name: String,
    /// The rule's kind, as files and messages call it.
    pub rule: &'static str,
    pub severity: config::Severity,
    pub label: String,
    pub score: Score,
    /// Unique for this camera and this run of the program.
    pub track: u64,
    pub n_objects: usize,
    /// Left, top, right, bottom, in parts of the picture.
    pub area: [f32; 4],
    /// When it began in the pictures: a loiterer's arrival, not the end of the dwell.
    pub began_at: Timestamp,
    pub captured_at: Timestamp,
    /// Which clock `captured_at` comes from.
    pub clock: CaptureClock,
    /// When the rule fired, by our clock.
    pub raised_at: Timestamp,
    pub snapshot: Snapshot,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Snapshot {
    /// On disk, synced.
    Kept(Pictures),
    Missing {
        why: String,
    },
}

/// One moment, twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// With a frame around what the alert is about.
    pub boxed: KeptFile,
    /// As the camera saw it, but for its masks.
    pub original: KeptFile,
    /// People and vehicles in it, in parts of the picture: what most people who look may not recognise.
    pub hidden: Vec<[f32; 4]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Below the data folder.
    pub path: PathBuf,
    pub sha256: Sha256,
    pub n_bytes: u64,
}

/// What else became known of an alert.
#[derive(Clone, Debug)]
pub struct Update {
    pub alert: Uuid,
    pub camera: DeviceId,
    pub at: Timestamp,
    pub news: News,
}

#[derive(Clone, Debug)]
pub enum News {
    /// It lasts, or more take part.
    GoesOn {
        score: Score,
        area: [f32; 4],
        n_objects: usize,
    },
    /// A better picture.
    Picture(Pictures),
    Clip(Clip),
    NoClip {
        why: String,
    },
}

/// The seconds before and after, as video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    pub file: KeptFile,
    pub duration: Duration,
    /// As RFC 6381 names it.
    pub codec: String,
    /// When its first picture was taken.
    pub began_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Ending {
    pub alert: Uuid,
    pub camera: DeviceId,
    pub at: Timestamp,
    /// `left`, `gone`, `over`, `rule_changed`, or `restart`.
    pub reason: &'static str,
}
