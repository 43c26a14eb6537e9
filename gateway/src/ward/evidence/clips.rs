//! Clips of alerts: a few threads that wait for the seconds after an alert and cut it out of its
//! camera's ring.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::DeviceId;
use jiff::Timestamp;
use media::{CutClip, CutError, Masks, Piece, Ring, Treatment, Window};
use tokio::sync::mpsc;
use tracing::warn;
use uuid::Uuid;

use super::ClipDesk;
use crate::ward::alert::{Alert, Clip, KeptFile, News, Update};
use crate::ward::camera::CameraFact;

/// What a clip shows of the time before an alert and after it.
const BEFORE: Duration = Duration::from_secs(5);
const AFTER: Duration = Duration::from_secs(10);
/// Most of a clip's time is waiting for its end; the cutting itself takes a blink, or a few seconds
/// where it must be coded anew.
const THREADS: usize = 4;
/// Clips that wait for a thread: each holds its fifteen seconds of stream in memory. Full: an alert goes
/// without its clip, and says so.
const WAITING: usize = 16;

/// Where a camera's clips come from.
#[derive(Clone, Debug)]
pub struct Source {
    pub ring: Ring,
    /// Burnt into each clip.
    pub masks: Masks,
}

/// Dropping it gives up the clips that are not ready: the program ends.
pub struct Clips {
    sources: HashMap<DeviceId, Source>,
    jobs: SyncSender<Job>,
    facts: mpsc::Sender<CameraFact>,
    is_over: Arc<AtomicBool>,
}

struct Job {
    alert: Uuid,
    camera: DeviceId,
    at: Timestamp,
    piece: Piece,
    masks: Masks,
}

impl Clips {
    /// The threads end when the desk is dropped.
    pub fn start(
        data_dir: &Path,
        sources: HashMap<DeviceId, Source>,
        facts: &mpsc::Sender<CameraFact>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let is_over = Arc::new(AtomicBool::new(false));
        for index in 0..THREADS {
            let cutter = Cutter {
                data_dir: data_dir.to_owned(),
                facts: facts.clone(),
                is_over: Arc::clone(&is_over),
            };
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("clip-{index}"));
            thread.spawn(move || cutter.run(&queue))?;
        }
        Ok(Self { sources, jobs, facts: facts.clone(), is_over })
    }
}

impl ClipDesk for Clips {
    fn cut(&self, alert: &Alert) {
        let Some(source) = self.sources.get(&alert.camera) else { return };
        let at = alert.captured_at;
        let window = Window { from: at - BEFORE, at, to: at + AFTER };
        let why = match source.ring.piece(window) {
            None => CutError::NothingRecorded.to_string(),
            Some(piece) => {
                let (camera, masks) = (alert.camera.clone(), source.masks.clone());
                let job = Job { alert: alert.id, camera, at, piece, masks };
                match self.jobs.try_send(job) {
                    Ok(()) | Err(TrySendError::Disconnected(_)) => return,
                    Err(TrySendError::Full(_)) => {
                        "too many clips were to be cut at the same time".to_owned()
                    }
                }
            }
        };
        warn!(camera = %alert.camera, why, "an alert has no clip");
        let (alert, camera, news) = (alert.id, alert.camera.clone(), News::NoClip { why });
        // Refused only when the program stops.
        let _ = self.facts.blocking_send(CameraFact::Updated(Update { alert, camera, at, news }));
    }
}

impl Drop for Clips {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

struct Cutter {
    data_dir: PathBuf,
    facts: mpsc::Sender<CameraFact>,
    is_over: Arc<AtomicBool>,
}

impl Cutter {
    fn run(&self, queue: &Mutex<Receiver<Job>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = next else { return };
            let Job { alert, camera, at, piece, masks } = job;
            let news = match self.cut(alert, at, piece, masks) {
                Ok(clip) => News::Clip(clip),
                // The next start says that there is none.
                Err(CutError::Cancelled) => continue,
                Err(err) => {
                    let why = in_words(&err);
                    warn!(%camera, %alert, why, "an alert has no clip");
                    News::NoClip { why }
                }
            };
            let update = Update { alert, camera, at, news };
            // Refused only when the program stops.
            let _ = self.facts.blocking_send(CameraFact::Updated(update));
        }
    }

    fn cut(
        &self,
        alert: Uuid,
        at: Timestamp,
        piece: Piece,
        masks: Masks,
    ) -> Result<Clip, CutError> {
        let path = PathBuf::from(format!("clips/{}/{alert}.mp4", at.strftime("%Y-%m-%d")));
        let full = self.data_dir.join(&path);
        let folder = full.parent().unwrap_or(&self.data_dir);
        std::fs::create_dir_all(folder)
            .map_err(|source| CutError::Unwritable { path: folder.to_owned(), source })?;
        let treatment = Treatment { masks, painter: None };
        let mut goes_on = |_| {
            if self.is_over.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let cut = media::cut(piece, &full, treatment, &mut goes_on)?;
        let CutClip { duration, n_bytes, sha256, codec, began_at, .. } = cut;
        Ok(Clip { file: KeptFile { path, sha256, n_bytes }, duration, codec, began_at })
    }
}

/// What an operator reads in the place of a clip: no path of the box.
fn in_words(err: &CutError) -> String {
    match err {
        CutError::StorageFull { .. } => "the disk is full".to_owned(),
        CutError::Unwritable { source, .. } => format!("the clip cannot be written: {source}"),
        CutError::NothingRecorded
        | CutError::Refused(_)
        | CutError::Broken { .. }
        | CutError::MissingElement(_)
        | CutError::Cancelled => err.to_string(),
    }
}
