//! Writes what proves an alert, and tells of the alert after that: never does a message name a file that
//! a power cut may take back. A thread of its own, because a card takes its time to sync.

mod clips;
mod file;

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use base::DeviceId;
use jiff::Timestamp;
use models::{Photo, Rect};
use tokio::sync::mpsc;
use tracing::{debug, warn};
use uuid::Uuid;

pub use clips::{Clips, Source};

use super::alert::{Alert, KeptFile, News, Pictures, Snapshot, Update};
use super::camera::CameraFact;
use super::room::RoomCall;

/// Findings that wait for the disk, each with a copy of its picture (half a megabyte). Full, because the
/// disk is slow: better pictures and words that an alert lasts are left out; for an alert, its end and
/// the rest the detection thread waits, while newer pictures replace older ones. A disk that stays without
/// room fails at once and fills nothing: alerts then go out without pictures.
const WAITING: usize = 16;

/// How long a picture waits for the keeper to make room: less than a detection thread that waits for its
/// place behind it may stand still.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an analyst found. Told in order.
#[derive(Debug)]
pub enum Finding {
    /// Its snapshot is to be written.
    Raised {
        alert: Box<Alert>,
        shot: Option<Shot>,
    },
    /// A better picture of an alert that was raised; the `n`th.
    Better {
        alert: Uuid,
        camera: DeviceId,
        at: Timestamp,
        n: u8,
        shot: Shot,
    },
    /// The camera's sign that it still sees, and that somebody would hear of it.
    Tested {
        alert: Box<Alert>,
        shot: Option<Shot>,
    },
    Told(CameraFact),
}

/// A picture and what is in it.
#[derive(Debug)]
pub struct Shot {
    pub photo: Photo,
    /// What the alert is about, in pixels.
    pub area: Option<Rect>,
    /// See [`Pictures::hidden`].
    pub hidden: Vec<[f32; 4]>,
}

/// Where findings are left. Cheap to clone; the thread ends when the last is dropped.
#[derive(Clone, Debug)]
pub struct EvidenceDesk(SyncSender<Finding>);

impl EvidenceDesk {
    /// Blocks while the disk is slow, but for what can be left out.
    pub fn leave(&self, finding: Finding) {
        if finding.can_be_left_out() {
            if let Err(TrySendError::Full(_)) = self.0.try_send(finding) {
                debug!("the disk is slow: an improvement of an alert is left out");
            }
            return;
        }
        // Refused only when the program stops.
        let _ = self.0.send(finding);
    }

    pub fn leave_all(&self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.leave(finding);
        }
    }
}

impl Finding {
    /// The alert is told without it, and so is its end.
    fn can_be_left_out(&self) -> bool {
        match self {
            Self::Better { .. } => true,
            Self::Told(CameraFact::Updated(update)) => matches!(update.news, News::GoesOn { .. }),
            Self::Raised { .. } | Self::Tested { .. } | Self::Told(_) => false,
        }
    }
}

/// Told of each alert whose clip is wanted, once the alert is on its way.
pub trait ClipDesk: Send {
    /// MUST NOT block: other alerts wait behind it.
    fn cut(&self, alert: &Alert);
}

/// Starts the thread; `ended` resolves when it has written the last finding.
pub fn start(
    data_dir: PathBuf,
    facts: mpsc::Sender<CameraFact>,
    clips: Box<dyn ClipDesk>,
    room: RoomCall,
) -> io::Result<(EvidenceDesk, impl Future<Output = ()> + Send + use<>)> {
    let (desk, findings) = sync_channel(WAITING);
    let (ended_tx, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::Builder::new().name("evidence".to_owned()).spawn(move || {
        Writer { data_dir, facts, clips, room, is_hopeless: Cell::new(false) }.run(&findings);
        drop(ended_tx);
    })?;
    Ok((EvidenceDesk(desk), async move {
        // Nothing is ever sent: the drop is the message.
        let _ = ended.await;
    }))
}

struct Writer {
    data_dir: PathBuf,
    facts: mpsc::Sender<CameraFact>,
    clips: Box<dyn ClipDesk>,
    room: RoomCall,
    /// The last file found no room, and waiting made none.
    is_hopeless: Cell<bool>,
}

impl Writer {
    fn run(&self, findings: &Receiver<Finding>) {
        while let Ok(finding) = findings.recv() {
            match finding {
                Finding::Raised { mut alert, shot } => {
                    alert.snapshot = self.snapshot(&alert, shot);
                    self.tell(CameraFact::Raised(alert.clone()));
                    self.clips.cut(&alert);
                }
                Finding::Tested { mut alert, shot } => {
                    alert.snapshot = self.snapshot(&alert, shot);
                    self.forget(&alert.snapshot);
                    self.tell(CameraFact::Tested(alert));
                }
                Finding::Better { alert, camera, at, n, shot } => {
                    match self.keep(alert, at, n, &shot) {
                        Ok(pictures) => {
                            let news = News::Picture(pictures);
                            self.tell(CameraFact::Updated(Update { alert, camera, at, news }));
                        }
                        // The first one is kept, and shows the same.
                        Err(err) => warn!(%alert, "a better picture is not kept: {err:#}"),
                    }
                }
                Finding::Told(fact) => self.tell(fact),
            }
        }
    }

    fn tell(&self, fact: CameraFact) {
        // Refused only when the program stops, and then the picture has no alert: the next start finds
        // the object again.
        let _ = self.facts.blocking_send(fact);
    }

    /// That the disk takes a picture is proven once it was written and synced; nobody will ask for it, and no
    /// row names it. A picture of people that is of no use must not lie about until the next start.
    fn forget(&self, snapshot: &Snapshot) {
        let Snapshot::Kept(pictures) = snapshot else { return };
        for file in [&pictures.boxed, &pictures.original] {
            if let Err(err) = std::fs::remove_file(self.data_dir.join(&file.path)) {
                warn!(%err, "the picture of a test alarm stays until the next start");
            }
        }
    }

    fn snapshot(&self, alert: &Alert, shot: Option<Shot>) -> Snapshot {
        let Some(shot) = shot else {
            return Snapshot::Missing { why: "the camera's picture was incomplete".to_owned() };
        };
        match self.keep(alert.id, alert.captured_at, 0, &shot) {
            Ok(pictures) => Snapshot::Kept(pictures),
            Err(err) => {
                let why = format!("{err:#}");
                warn!(camera = %alert.camera, why, "an alert goes out without its picture");
                Snapshot::Missing { why }
            }
        }
    }

    fn keep(&self, alert: Uuid, at: Timestamp, n: u8, shot: &Shot) -> anyhow::Result<Pictures> {
        let day = at.strftime("%Y-%m-%d");
        let name = if n == 0 { alert.to_string() } else { format!("{alert}-{n}") };
        let path = |kind: &str| PathBuf::from(format!("pictures/{day}/{name}{kind}.jpg"));
        let (picture, boxes) = (shot.photo.picture(), shot.area.as_slice());
        let boxed = models::snapshot::jpeg(&picture, boxes)?;
        let original = models::snapshot::jpeg(&picture, &[])?;
        let keep = |path, bytes: &[u8]| self.keep_file(path, bytes).map_err(file::in_words);
        Ok(Pictures {
            boxed: keep(path(""), &boxed)?,
            original: keep(path("-original"), &original)?,
            hidden: shot.hidden.clone(),
        })
    }

    /// Waits for room once: where that did not help, nobody waits again until something was written.
    fn keep_file(&self, path: PathBuf, bytes: &[u8]) -> io::Result<KeptFile> {
        let mut kept = file::keep(&self.data_dir, path.clone(), bytes);
        if kept.as_ref().is_err_and(file::is_for_lack_of_room) {
            if self.is_hopeless.get() {
                self.room.call();
            } else {
                self.room.call_and_wait(PATIENCE);
                kept = file::keep(&self.data_dir, path, bytes);
            }
        }
        self.is_hopeless.set(kept.is_err());
        kept
    }
}

#[cfg(test)]
mod tests;
