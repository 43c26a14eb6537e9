//! One thread that cuts clips. Nothing that a clip does ends it.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use media::{CutClip, CutError, Treatment};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{error, warn};

use super::{Job, path_of};
use crate::ward::alert::{Clip, KeptFile, News, Update};
use crate::ward::camera::CameraFact;
use crate::ward::room::RoomCall;

/// When the program ends, clips are finished for this long: less than it waits for its parts.
const FINISH_WITHIN: Duration = Duration::from_secs(6);

pub(super) struct Cutter {
    pub(super) data_dir: PathBuf,
    pub(super) facts: mpsc::Sender<CameraFact>,
    pub(super) room: RoomCall,
    /// Since when the program ends.
    pub(super) over_since: Arc<OnceLock<Instant>>,
}

impl Cutter {
    pub(super) fn run(&self, ready: &Mutex<Receiver<Job>>) {
        loop {
            let next = ready.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = next else { return };
            let (alert, camera, at) = (job.alert, job.camera.clone(), job.at);
            let news = match outcome(|| self.cut(job)) {
                Outcome::Cut(clip) => News::Clip(clip),
                // The next start says that there is none.
                Outcome::GivenUp => continue,
                Outcome::None { why, is_for_lack_of_room } => {
                    if is_for_lack_of_room {
                        self.room.call();
                    }
                    warn!(%camera, %alert, why, "an alert has no clip");
                    News::NoClip { why }
                }
            };
            let update = Update { alert, camera, at, news };
            // Refused only when the program stops.
            let _ = self.facts.blocking_send(CameraFact::Updated(update));
        }
    }

    fn cut(&self, job: Job) -> Result<Clip, CutError> {
        let path = path_of(job.alert, job.at);
        let full = self.data_dir.join(&path);
        let folder = full.parent().unwrap_or(&self.data_dir);
        std::fs::create_dir_all(folder)
            .map_err(|source| CutError::Unwritable { path: folder.to_owned(), source })?;
        let treatment = Treatment { masks: job.masks, painter: None };
        let mut goes_on = |_| match self.over_since.get() {
            Some(since) if since.elapsed() > FINISH_WITHIN => ControlFlow::Break(()),
            Some(_) | None => ControlFlow::Continue(()),
        };
        let cut = media::cut(job.piece, &full, treatment, &mut goes_on)?;
        let CutClip { duration, n_bytes, sha256, codec, began_at, .. } = cut;
        Ok(Clip { file: KeptFile { path, sha256, n_bytes }, duration, codec, began_at })
    }
}

enum Outcome {
    Cut(Clip),
    GivenUp,
    None { why: String, is_for_lack_of_room: bool },
}

/// A panic is a bug of ours, and still one clip's alone.
fn outcome(cut: impl FnOnce() -> Result<Clip, CutError>) -> Outcome {
    match catch_unwind(AssertUnwindSafe(cut)) {
        Ok(Ok(clip)) => Outcome::Cut(clip),
        Ok(Err(CutError::Cancelled)) => Outcome::GivenUp,
        Ok(Err(err)) => {
            let is_for_lack_of_room = matches!(err, CutError::StorageFull { .. });
            Outcome::None { why: in_words(&err), is_for_lack_of_room }
        }
        Err(_) => {
            error!("the cutter of clips panicked: a bug");
            let why = "the program made a mistake while it cut the clip".to_owned();
            Outcome::None { why, is_for_lack_of_room: false }
        }
    }
}

/// What an operator reads in the place of a clip: no path of the box.
fn in_words(err: &CutError) -> String {
    match err {
        CutError::StorageFull { .. } => "the disk is full".to_owned(),
        CutError::Unwritable { source, .. } => format!("the clip cannot be written: {source}"),
        CutError::NothingRecorded
        | CutError::Broken { .. }
        | CutError::MissingElement(_)
        | CutError::Refused(_)
        | CutError::Cancelled => err.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutter_that_panics_leaves_a_reason() {
        let Outcome::None { why, .. } = outcome(|| panic!("a pipeline that is none")) else {
            panic!("no clip came of it");
        };
        assert!(why.contains("mistake"), "{why}");
        let full = CutError::StorageFull { path: PathBuf::from("x") };
        assert!(matches!(outcome(|| Err(full)), Outcome::None { is_for_lack_of_room: true, .. }));
    }
}
