//! From a typed text to spoken sound: normalised, split into sentences, spoken one by one.
//!
//! The text is normalised before any engine sees it (`normalise`), so that every engine says the
//! same words and a person can read what will be said before approving it. Engines are behind
//! [`Engine`]; [`Espeak`] is the one that needs no model file. A Piper voice speaks from the phonemes
//! of [`Espeak::phonemes`] and the numbers of [`PhonemeIds`]; who runs its model is not known here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::library::write_wav;
use crate::normalise::{Dialect, Normalised};

mod espeak;
mod phoneme;

pub use espeak::Espeak;
pub use phoneme::{PhonemeIds, PhonemeTableError, clauses};

/// About twenty minutes of speech, in characters: longer texts are bulletins of their own.
pub const LONGEST_TEXT: usize = 20_000;

/// Between two sentences. Outdoors the echo of the far horns needs this long to die away.
const SENTENCE_PAUSE: Duration = Duration::from_millis(700);
/// Between two paragraphs.
const PARAGRAPH_PAUSE: Duration = Duration::from_millis(1_200);

/// The region a voice comes from. Espeak names: vi, vi-vn-x-central, vi-vn-x-south.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    #[default]
    North,
    Central,
    South,
}

impl Voice {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::Central => "central",
            Self::South => "south",
        }
    }

    /// How this voice calls figures.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::North | Self::Central => Dialect::Standard,
            Self::South => Dialect::Southern,
        }
    }
}

impl fmt::Display for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Voice {
    type Err = SpeechError;

    fn from_str(name: &str) -> Result<Self, SpeechError> {
        match name {
            "north" => Ok(Self::North),
            "central" => Ok(Self::Central),
            "south" => Ok(Self::South),
            _ => Err(SpeechError::UnknownVoice { name: name.to_owned() }),
        }
    }
}

/// Sixteen-bit mono sound from an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    pub samples: Vec<i16>,
    /// In Hz.
    pub sample_rate: u32,
}

/// Turns one normalised sentence into sound.
///
/// An engine MUST give the same sample rate for every sentence of a voice, MUST end within a bound
/// of its own, and MUST NOT interpret anything in the sentence but words and punctuation.
pub trait Engine: Send + Sync {
    fn speak(
        &self,
        sentence: &str,
        voice: Voice,
    ) -> impl Future<Output = Result<Clip, SpeechError>> + Send;
}

#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    #[error("there is nothing to say: the text holds no words")]
    Nothing,
    #[error("the text has {n} characters and at most {LONGEST_TEXT} are taken: cut it into parts")]
    TooLong { n: usize },
    #[error("voice {name:?} is not known: use north, central or south")]
    UnknownVoice { name: String },
    #[error("the program espeak-ng is missing: install the Debian package espeak-ng")]
    EngineMissing,
    #[error("the program espeak-ng cannot be run")]
    EngineUnusable(#[source] std::io::Error),
    #[error("espeak-ng refused: {reason}")]
    EngineRefused { reason: String },
    #[error("the voice model cannot speak")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("espeak-ng did not finish a sentence within {} s", limit.as_secs())]
    EngineTooSlow { limit: Duration },
}

/// A text as it will be heard.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// The words that were said: kept with the approval.
    pub normalised: Normalised,
    /// A 16-bit mono WAV file at the engine's rate, for `library::prepare`.
    pub wav: Vec<u8>,
    pub duration: Duration,
}

/// Says a text sentence by sentence, with pauses between them.
pub async fn say(
    engine: &impl Engine,
    normalised: Normalised,
    voice: Voice,
) -> Result<Spoken, SpeechError> {
    let n = normalised.text().chars().count();
    if n > LONGEST_TEXT {
        return Err(SpeechError::TooLong { n });
    }
    let mut clip: Option<Clip> = None;
    for paragraph in normalised.paragraphs() {
        for (at, sentence) in paragraph.iter().enumerate() {
            let spoken = engine.speak(sentence, voice).await?;
            match &mut clip {
                None => clip = Some(spoken),
                Some(clip) => {
                    let pause = if at == 0 { PARAGRAPH_PAUSE } else { SENTENCE_PAUSE };
                    clip.append(pause, &spoken);
                }
            }
        }
    }
    let clip = clip.ok_or(SpeechError::Nothing)?;
    let mut wav = Vec::new();
    write_wav(&mut wav, &clip.samples, clip.sample_rate).map_err(SpeechError::EngineUnusable)?;
    Ok(Spoken { normalised, wav, duration: clip.duration() })
}

impl Clip {
    fn append(&mut self, pause: Duration, next: &Self) {
        let n_silent = pause.as_millis() * u128::from(self.sample_rate) / 1000;
        let n_silent = usize::try_from(n_silent).unwrap_or_default();
        self.samples.extend(std::iter::repeat_n(0, n_silent));
        self.samples.extend_from_slice(&next.samples);
    }

    fn duration(&self) -> Duration {
        let n = u64::try_from(self.samples.len()).unwrap_or(u64::MAX);
        Duration::from_nanos(
            n.saturating_mul(1_000_000) / u64::from(self.sample_rate.max(1)) * 1000,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::normalise::{Abbreviations, normalise};

    /// Says a second of the same sample for every sentence, and remembers the sentences.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<String>>);

    impl Engine for Recorder {
        async fn speak(&self, sentence: &str, _: Voice) -> Result<Clip, SpeechError> {
            self.0.lock().unwrap().push(sentence.to_owned());
            Ok(Clip { samples: vec![1; 1000], sample_rate: 1000 })
        }
    }

    async fn check(text: &str) -> (Vec<String>, Result<Spoken, SpeechError>) {
        let engine = Recorder::default();
        let normalised = normalise(text, &Abbreviations::default(), Dialect::Standard);
        let spoken = say(&engine, normalised, Voice::North).await;
        (engine.0.into_inner().unwrap(), spoken)
    }

    #[tokio::test]
    async fn sentences_are_said_one_by_one_with_pauses_between() {
        let (said, spoken) = check("Mời bà con ra họp. Địa điểm: nhà văn hóa!\n\nTrân trọng").await;
        assert_eq!(said, ["Mời bà con ra họp.", "Địa điểm, nhà văn hóa!", "Trân trọng."]);
        assert_eq!(
            spoken.unwrap().duration,
            Duration::from_millis(1000 + 700 + 1000 + 1200 + 1000)
        );
    }

    #[tokio::test]
    async fn a_text_without_words_and_a_book_are_refused() {
        let (_, nothing) = check(" \n *** \n").await;
        assert_eq!(
            nothing.unwrap_err().to_string(),
            "there is nothing to say: the text holds no words"
        );
        let (said, book) = check(&"bà con ".repeat(4_000)).await;
        assert!(said.is_empty());
        assert_eq!(
            book.unwrap_err().to_string(),
            "the text has 28000 characters and at most 20000 are taken: cut it into parts"
        );
    }

    #[test]
    fn a_voice_is_known_by_its_name() {
        for voice in [Voice::North, Voice::Central, Voice::South] {
            assert_eq!(voice.as_str().parse::<Voice>().unwrap(), voice);
        }
        let error = "hanoi".parse::<Voice>().unwrap_err().to_string();
        assert_eq!(error, "voice \"hanoi\" is not known: use north, central or south");
    }
}
