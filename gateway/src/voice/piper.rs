//! A Piper voice: espeak-ng names the phonemes, a thread with the model turns them into sound.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use broadcast::library::to_i16;
use broadcast::speech::{Clip, Engine, Espeak, PhonemeIds, SpeechError, Voice, clauses};
use models::{Delivery, OnnxVoice, VoiceError, open_voice};
use tokio::sync::{mpsc, oneshot};

use super::raw;
use crate::config::VoiceModel;

/// Sentences of other texts that may wait; a text waits for its own.
const QUEUE: usize = 4;
/// Slower than at a desk: echo outdoors needs it. Espeak's 140 words a minute for 175 are the same.
const OUTDOORS: f32 = 1.25;
/// Rates that voices are trained at, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;

/// A handle to the thread, which ends with the last handle.
#[derive(Clone, Debug)]
pub struct Piper {
    jobs: mpsc::Sender<Job>,
    ids: PhonemeIds,
    espeak: Espeak,
    espeak_voice: String,
    sample_rate: u32,
    region: Voice,
}

#[derive(Debug)]
struct Job {
    ids: Vec<i64>,
    reply: oneshot::Sender<Result<Vec<f32>, VoiceError>>,
}

impl Piper {
    /// Loads the voice and what lies beside it; says what is wrong with either. With a
    /// medium voice a whole process peaks at 196 MB on x86-64, the library included.
    pub fn start(model: &VoiceModel, engine: &models::Engine) -> anyhow::Result<Self> {
        let config = read_config(&model.path)?;
        let ids = phoneme_ids(config.phoneme_id_map)
            .with_context(|| beside(&model.path).display().to_string())?;
        let raw::Inference { noise_scale, length_scale, noise_w } = config.inference;
        let delivery = Delivery {
            noise: noise_scale,
            length: length_scale * OUTDOORS,
            noise_of_length: noise_w,
        };
        let voice = open_voice(&model.path, model.sha256, engine)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("voice".to_owned())
            .spawn(move || run(voice, delivery, queue))
            .context("start the voice's thread")?;
        Ok(Self {
            jobs,
            ids,
            espeak: Espeak::default(),
            espeak_voice: config.espeak.voice,
            sample_rate: config.audio.sample_rate,
            region: model.region,
        })
    }

    pub fn region(&self) -> Voice {
        self.region
    }

    async fn ipa(&self, sentence: &str) -> Result<String, SpeechError> {
        let mut ipa = String::new();
        for (words, mark) in clauses(sentence) {
            if !ipa.is_empty() {
                ipa.push(' ');
            }
            ipa.push_str(&self.espeak.phonemes(words, &self.espeak_voice).await?);
            ipa.push(mark);
        }
        Ok(ipa)
    }
}

impl Engine for Piper {
    /// Cancel-safe: a sentence that nobody waits for any more is spoken and dropped.
    async fn speak(&self, sentence: &str, _: Voice) -> Result<Clip, SpeechError> {
        let ids = self.ids.of(&self.ipa(sentence).await?);
        let (reply, answer) = oneshot::channel();
        let gone = || SpeechError::Model("the voice's thread has ended".into());
        self.jobs.send(Job { ids, reply }).await.map_err(|_| gone())?;
        let samples = answer.await.map_err(|_| gone())?;
        let samples = samples.map_err(|err| SpeechError::Model(Box::new(err)))?;
        let samples = samples.into_iter().map(to_i16).collect();
        Ok(Clip { samples, sample_rate: self.sample_rate })
    }
}

fn run(mut voice: OnnxVoice, delivery: Delivery, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.blocking_recv() {
        // Whoever asked may be gone.
        let _ = job.reply.send(voice.speak(&job.ids, delivery));
    }
}

fn beside(model: &Path) -> PathBuf {
    let mut path = model.as_os_str().to_owned();
    path.push(".json");
    path.into()
}

fn read_config(model: &Path) -> anyhow::Result<raw::Config> {
    let path = beside(model);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} is not readable: it comes with the voice", path.display()))?;
    let config: raw::Config = serde_json::from_str(&text)
        .with_context(|| format!("{} does not describe a Piper voice", path.display()))?;
    let rate = config.audio.sample_rate;
    ensure!(RATES.contains(&rate), "{}: {rate} Hz is no voice's rate", path.display());
    Ok(config)
}

/// A key of several letters is no phoneme of espeak-ng's; Piper never looks it up either.
fn phoneme_ids(map: BTreeMap<String, Vec<i64>>) -> anyhow::Result<PhonemeIds> {
    let single = map.into_iter().filter_map(|(key, ids)| {
        let mut letters = key.chars();
        letters.next().filter(|_| letters.next().is_none()).map(|letter| (letter, ids))
    });
    Ok(PhonemeIds::new(single.collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("voice.onnx");
        std::fs::write(beside(&path), json).unwrap();
        let error = read_config(&path).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn what_lies_beside_a_voice_is_checked() {
        check("{}", "voice.onnx.json does not describe a Piper voice");
        check(
            r#"{"audio": {"sample_rate": 0}, "espeak": {"voice": "vi"}, "phoneme_id_map": {},
                "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8}}"#,
            "voice.onnx.json: 0 Hz is no voice's rate",
        );
        let error = read_config(Path::new("/nonexistent/voice.onnx")).unwrap_err().to_string();
        assert_eq!(error, "/nonexistent/voice.onnx.json is not readable: it comes with the voice");
    }
}
