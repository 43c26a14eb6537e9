//! Who speaks a typed text: a Piper voice for the region that it was named for, espeak-ng for the rest.
//!
//! Here the two halves of a Piper voice meet, which never see one another: its phonemes
//! (`broadcast::speech`) and its model (`models`). Why so: docs/adr/0005-speech.md.

#[cfg(feature = "onnx")]
mod piper;
#[cfg(feature = "onnx")]
mod raw;

use broadcast::speech::{Clip, Engine, Espeak, SpeechError, Voice};

#[cfg(feature = "onnx")]
pub use piper::Piper;

/// The engines of this program.
#[derive(Clone, Debug, Default)]
pub struct Voices {
    espeak: Espeak,
    #[cfg(feature = "onnx")]
    piper: Option<Piper>,
}

#[cfg(feature = "onnx")]
impl Voices {
    /// Texts of `piper`'s region are spoken by it.
    pub fn with(piper: Option<Piper>) -> Self {
        Self { espeak: Espeak::default(), piper }
    }
}

impl Engine for Voices {
    async fn speak(&self, sentence: &str, voice: Voice) -> Result<Clip, SpeechError> {
        #[cfg(feature = "onnx")]
        if let Some(piper) = self.piper.as_ref().filter(|it| it.region() == voice) {
            return piper.speak(sentence, voice).await;
        }
        self.espeak.speak(sentence, voice).await
    }
}
