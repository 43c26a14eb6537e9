//! From what an author hands in to what a horn plays: checked, at house loudness, Ogg/Opus, on disk
//! under its hash. One thread does it all, one bulletin after the other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broadcast::Content;
use broadcast::library::{Identity, PrepareError, Refused, Waveform};
use broadcast::loudness::Loudness;
use broadcast::normalise::{Abbreviations, normalise};
use broadcast::speech::{self, SpeechError, Voice};
use media::OpusError;
use tempfile::NamedTempFile;
use tokio::sync::{mpsc, oneshot};

use super::error::{Fault, is_full};
use super::sound_row::Facts;
use super::view::Origin;
use crate::recording;
use crate::voice::Voices;

/// An hour of MP3 takes seconds: who comes after so many others is told to come back.
const QUEUE: usize = 4;
/// How the name of a file begins whose sound is being encoded.
const UNFINISHED: &str = "new-";

/// How typed texts become words and sound.
#[derive(Clone, Debug, Default)]
pub struct Speakers {
    /// The standard table with the ward's own lines.
    pub abbreviations: Abbreviations,
    pub voices: Voices,
}

/// A handle to the thread, which ends with the last handle.
#[derive(Clone, Debug)]
pub struct Ingest {
    jobs: mpsc::Sender<Job>,
    speakers: Arc<Speakers>,
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Speech(#[from] SpeechError),
    #[error("the box is still preparing other bulletins: try again in a minute")]
    Busy,
    #[error("the sound cannot be encoded: {0}")]
    Encode(String),
    #[error("the sound cannot be kept: the disk of the box is full")]
    Full(#[source] io::Error),
    #[error("the sound cannot be kept on disk")]
    Disk(#[source] io::Error),
    #[error("the box is stopping")]
    Stopped,
}

impl From<io::Error> for IngestError {
    fn from(err: io::Error) -> Self {
        if is_full(&err) { Self::Full(err) } else { Self::Disk(err) }
    }
}

impl From<OpusError> for IngestError {
    fn from(err: OpusError) -> Self {
        match err {
            OpusError::Write(err) => err.into(),
            OpusError::Init(_)
            | OpusError::ElementMissing(_)
            | OpusError::Empty
            | OpusError::Stopped(_) => Self::Encode(err.to_string()),
        }
    }
}

/// Sound that is on disk, and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Ingested {
    pub origin: Origin,
    pub content: Content,
    pub loudness: Loudness,
    pub facts: Facts,
}

/// What the thread made of a sound.
struct Stored {
    content: Content,
    loudness: Loudness,
    waveform: Waveform,
    identity: Identity,
}

enum Sound {
    File(NamedTempFile),
    Wav(Vec<u8>),
}

struct Job {
    sound: Sound,
    reply: oneshot::Sender<Result<Stored, IngestError>>,
}

impl Ingest {
    /// Starts the thread. `content`: the folder that the content server serves from.
    pub fn start(content: PathBuf, speakers: Speakers) -> io::Result<Self> {
        fs::create_dir_all(&content)?;
        remove_unfinished(&content)?;
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        std::thread::Builder::new().name("ingest".to_owned()).spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                // Whoever asked may be gone: then the file is kept for the next who brings it.
                let _ = job.reply.send(keep(&content, &job.sound));
            }
        })?;
        Ok(Self { jobs, speakers: Arc::new(speakers) })
    }

    pub(super) async fn recording(
        &self,
        file: NamedTempFile,
        file_name: String,
    ) -> Result<Ingested, IngestError> {
        let stored = self.keep(Sound::File(file)).await?;
        Ok(stored.ingested(Origin::Upload { file_name }, Vec::new()))
    }

    pub(super) async fn speech(
        &self,
        text: String,
        voice: String,
    ) -> Result<Ingested, IngestError> {
        let known: Voice = voice.parse()?;
        let Speakers { abbreviations, voices } = &*self.speakers;
        let normalised = normalise(&text, abbreviations, known.dialect());
        let spoken = speech::say(voices, normalised, known).await?;
        let normalised = spoken.normalised.text();
        let unknown = spoken.normalised.unknown().to_vec();
        let stored = self.keep(Sound::Wav(spoken.wav)).await?;
        Ok(stored.ingested(Origin::Speech { text, normalised, voice }, unknown))
    }

    async fn keep(&self, sound: Sound) -> Result<Stored, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { sound, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => IngestError::Busy,
            mpsc::error::TrySendError::Closed(_) => IngestError::Stopped,
        })?;
        answer.await.map_err(|_| IngestError::Stopped)?
    }
}

/// What a power cut left of sound that was being encoded.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn keep(folder: &Path, sound: &Sound) -> Result<Stored, IngestError> {
    use broadcast::library::{Upload, prepare_with};
    use media::{OpusWriter, STORED_BITRATE_BPS};

    let new = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    let mut writer = OpusWriter::create(new.path(), STORED_BITRATE_BPS)?;
    let upload = match sound {
        Sound::File(file) => Upload::File(file.path()),
        Sound::Wav(bytes) => Upload::Bytes(bytes),
    };
    let push = |block: &[f32]| writer.push(block);
    let prepared = prepare_with(upload, recording::other(), push).map_err(|err| match err {
        PrepareError::Refused(refused) => IngestError::Refused(refused),
        PrepareError::Sink(cause) => not_written(cause),
    })?;
    let encoded = writer.finish_synced()?;
    let sha256 = hash(new.path())?;
    new.persist(folder.join(format!("{sha256}.opus"))).map_err(|err| err.error)?;
    fs::File::open(folder)?.sync_all()?;
    let content = Content { sha256, bytes: encoded.bytes, duration: encoded.duration };
    let (loudness, waveform) = (prepared.loudness, prepared.waveform);
    Ok(Stored { content, loudness, waveform, identity: prepared.checked.identity })
}

impl Stored {
    fn ingested(self, origin: Origin, unknown: Vec<String>) -> Ingested {
        let Self { content, loudness, waveform, identity } = self;
        Ingested { origin, content, loudness, facts: Facts { waveform, identity, unknown } }
    }
}

/// What stopped the encoder, under the preparation that it stopped.
fn not_written(cause: Box<dyn std::error::Error + Send + Sync>) -> IngestError {
    match cause.downcast::<OpusError>() {
        Ok(err) => (*err).into(),
        Err(cause) => IngestError::Encode(cause.to_string()),
    }
}

pub(super) fn hash(path: &Path) -> io::Result<base::Sha256> {
    use std::io::Read as _;

    let mut file = fs::File::open(path)?;
    let mut hasher = base::Sha256Hasher::default();
    let mut block = vec![0; 64 << 10];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finish()),
            n => hasher.update(&block[..n]),
        }
    }
}

impl IngestError {
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Refused(Refused::TooLarge { .. }) => Fault::TooLarge,
            Self::Refused(_)
            | Self::Speech(
                SpeechError::Nothing
                | SpeechError::TooLong { .. }
                | SpeechError::UnknownVoice { .. }
                | SpeechError::EngineRefused { .. },
            ) => Fault::Unprocessable,
            Self::Busy | Self::Stopped => Fault::Busy,
            Self::Full(_) => Fault::Full,
            Self::Encode(_) | Self::Disk(_) | Self::Speech(_) => Fault::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_power_cut_left_goes_at_the_next_start_and_sound_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (unfinished, sound) = (dir.path().join("new-a1b2"), dir.path().join("3c4d.opus"));
        for path in [&unfinished, &sound] {
            fs::write(path, "OggS").unwrap();
        }
        Ingest::start(dir.path().to_owned(), Speakers::default()).unwrap();
        assert!(!unfinished.exists() && sound.exists());
    }

    #[test]
    fn a_full_disk_is_known_under_whatever_stopped_for_it() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let all = [
            IngestError::from(full()),
            IngestError::from(OpusError::Write(full())),
            not_written(Box::new(OpusError::Write(full()))),
        ];
        for err in all {
            assert_eq!(err.fault(), Fault::Full, "{err:?}");
        }
        assert_eq!(not_written(Box::new(OpusError::Empty)).fault(), Fault::Internal);
    }
}
