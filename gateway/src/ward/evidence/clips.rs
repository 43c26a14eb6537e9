//! Clips of alerts: cut out of their camera's ring once the seconds after the alert have come. Waiting
//! for them takes no thread; a few threads cut.

mod cutter;
mod waiting;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base::DeviceId;
use jiff::Timestamp;
use media::{CutError, Masks, Piece, Ring, Window};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::warn;
use uuid::Uuid;

use super::ClipDesk;
use crate::ward::alert::{Alert, News, Update};
use crate::ward::camera::CameraFact;
use crate::ward::room::RoomCall;
use cutter::Cutter;
use waiting::{Place, Places};

/// What a clip shows of the time before an alert and after it.
const BEFORE: Duration = Duration::from_secs(5);
const AFTER: Duration = Duration::from_secs(10);
/// Cutting takes a blink, or a few seconds where it must be coded anew, and gives way to detection.
const THREADS: usize = 4;
/// Clips that wait for their end, for a thread, or are being cut. They share the stream's bytes with their
/// ring and with one another: what they hold in memory is about twenty seconds of each camera, however
/// many they are. Full: the newest alert goes without its clip, and says so.
const MOST: usize = 64;

/// Where a camera's clips come from.
#[derive(Clone, Debug)]
pub struct Source {
    pub ring: Ring,
    /// Burnt into each clip.
    pub masks: Masks,
}

/// Dropping it ends the clips where they are: they show less of the time after their alert.
pub struct Clips {
    sources: HashMap<DeviceId, Source>,
    jobs: SyncSender<Job>,
    places: Places,
    facts: mpsc::Sender<CameraFact>,
    over_since: Arc<OnceLock<Instant>>,
}

struct Job {
    alert: Uuid,
    camera: DeviceId,
    at: Timestamp,
    piece: Piece,
    masks: Masks,
    _place: Place,
}

impl Clips {
    /// The threads end when the desk is dropped and the last clip is cut.
    pub fn start(
        data_dir: &Path,
        sources: HashMap<DeviceId, Source>,
        facts: &mpsc::Sender<CameraFact>,
        room: &RoomCall,
    ) -> std::io::Result<Self> {
        // Neither is ever full: each job has one of the places.
        let (jobs, waiting) = sync_channel(MOST);
        let (ready_tx, ready) = sync_channel(MOST);
        let over_since = Arc::new(OnceLock::new());
        let waiter = std::thread::Builder::new().name("clip-waiter".to_owned());
        waiter.spawn(move || {
            waiting::pass_on(&waiting, &ready_tx, |job: &Job| job.piece.is_whole());
        })?;
        let ready = Arc::new(Mutex::new(ready));
        for index in 0..THREADS {
            let cutter = Cutter {
                data_dir: data_dir.to_owned(),
                facts: facts.clone(),
                room: room.clone(),
                over_since: Arc::clone(&over_since),
            };
            let ready = Arc::clone(&ready);
            let thread = std::thread::Builder::new().name(format!("clip-{index}"));
            thread.spawn(move || cutter.run(&ready))?;
        }
        let places = Places::new(MOST);
        Ok(Self { sources, jobs, places, facts: facts.clone(), over_since })
    }

    /// Why there will be no clip, if there will be none.
    fn begin(&self, alert: &Alert, source: &Source) -> Result<(), String> {
        let at = alert.captured_at;
        let window = Window { from: at - BEFORE, at, to: at + AFTER };
        let place = self.places.take().ok_or("too many clips were to be cut at the same time")?;
        let piece =
            source.ring.piece(window).ok_or_else(|| CutError::NothingRecorded.to_string())?;
        let (camera, masks) = (alert.camera.clone(), source.masks.clone());
        let job = Job { alert: alert.id, camera, at, piece, masks, _place: place };
        self.jobs
            .try_send(job)
            .map_err(|_| "the program's part that cuts clips has ended".to_owned())
    }
}

impl ClipDesk for Clips {
    fn cut(&self, alert: &Alert) {
        let Some(source) = self.sources.get(&alert.camera) else { return };
        let Err(why) = self.begin(alert, source) else { return };
        warn!(camera = %alert.camera, why, "an alert has no clip");
        let (camera, at) = (alert.camera.clone(), alert.captured_at);
        let update = Update { alert: alert.id, camera, at, news: News::NoClip { why } };
        // Refused only when the program stops.
        let _ = self.facts.blocking_send(CameraFact::Updated(update));
    }
}

impl Drop for Clips {
    fn drop(&mut self) {
        // Dropped once.
        let _ = self.over_since.set(Instant::now());
        for source in self.sources.values() {
            source.ring.end_pieces();
        }
    }
}

/// Where the clip of an alert lies below the data folder.
fn path_of(alert: Uuid, at: Timestamp) -> PathBuf {
    PathBuf::from(format!("clips/{}/{alert}.mp4", at.strftime("%Y-%m-%d")))
}
