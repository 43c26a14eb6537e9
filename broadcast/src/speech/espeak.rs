//! Drives espeak-ng as a process: a sentence on its stdin, a WAV on its stdout.
//!
//! A process, not a library, because espeak-ng is GPL-3 and this program is not. One process a
//! sentence (about 20 ms) keeps the pauses ours and a hang bounded.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::{Clip, Engine, SpeechError, Voice};

/// Words a minute. Espeak's 175 is for a listener at a desk; echo outdoors needs slower.
const WORDS_PER_MINUTE: &str = "140";
/// A sentence of 2000 characters takes 0.3 s on a slow board.
const LONGEST_SENTENCE_TIME: Duration = Duration::from_secs(20);
/// Where the samples start in what espeak-ng writes: a plain header, whose sizes are not filled in.
const HEADER_BYTES: usize = 44;

/// The espeak-ng program.
#[derive(Clone, Debug)]
pub struct Espeak {
    program: PathBuf,
}

impl Default for Espeak {
    fn default() -> Self {
        Self::at("espeak-ng".into())
    }
}

impl Espeak {
    /// Another program than the one in `PATH`.
    pub fn at(program: PathBuf) -> Self {
        Self { program }
    }

    /// What espeak-ng would pronounce, in IPA: without its notes on languages, in one line. `voice`
    /// is one of espeak-ng's own names, such as "vi" or "en-us".
    ///
    /// Cancel-safe.
    pub async fn phonemes(&self, words: &str, voice: &str) -> Result<String, SpeechError> {
        let output = self.run(&["-q", "--ipa", "--stdin", "-b", "1", "-v", voice], words).await?;
        Ok(plain_ipa(&String::from_utf8_lossy(&output)))
    }

    /// Cancel-safe: a process that nobody waits for any more is killed.
    async fn run(&self, args: &[&str], text: &str) -> Result<Vec<u8>, SpeechError> {
        let mut child = self.start(args)?;
        let stdin = child.stdin.take();
        let write = async {
            // A program that dies early closes the pipe; its exit status says more than EPIPE.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(text.as_bytes()).await;
            }
        };
        let both = async { tokio::join!(write, child.wait_with_output()).1 };
        let output = tokio::time::timeout(LONGEST_SENTENCE_TIME, both)
            .await
            .map_err(|_| SpeechError::EngineTooSlow { limit: LONGEST_SENTENCE_TIME })?
            .map_err(SpeechError::EngineUnusable)?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let reason = text.lines().next().unwrap_or("no reason given").to_owned();
            return Err(SpeechError::EngineRefused { reason });
        }
        Ok(output.stdout)
    }

    fn start(&self, args: &[&str]) -> Result<Child, SpeechError> {
        Command::new(&self.program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                if error.kind() == std::io::ErrorKind::NotFound {
                    SpeechError::EngineMissing
                } else {
                    SpeechError::EngineUnusable(error)
                }
            })
    }
}

impl Engine for Espeak {
    /// Cancel-safe.
    async fn speak(&self, sentence: &str, voice: Voice) -> Result<Clip, SpeechError> {
        let args = ["--stdin", "--stdout", "-b", "1", "-s", WORDS_PER_MINUTE, "-v", name_of(voice)];
        let output = self.run(&args, sentence).await?;
        read_clip(&output)
            .ok_or_else(|| SpeechError::EngineRefused { reason: "it gave no sound".to_owned() })
    }
}

/// Words with a space between; "(en)" and the like, which say that the language changes, are left out.
fn plain_ipa(output: &str) -> String {
    let mut ipa = String::new();
    let mut is_note = false;
    for c in output.trim().chars() {
        match c {
            '(' => is_note = true,
            ')' => is_note = false,
            _ if is_note => {}
            c if c.is_whitespace() && ipa.ends_with(' ') => {}
            c if c.is_whitespace() => ipa.push(' '),
            c => ipa.push(c),
        }
    }
    ipa
}

fn name_of(voice: Voice) -> &'static str {
    match voice {
        Voice::North => "vi",
        Voice::Central => "vi-vn-x-central",
        Voice::South => "vi-vn-x-south",
    }
}

/// The samples behind the header; the sizes in it are placeholders, written before the sound.
fn read_clip(wav: &[u8]) -> Option<Clip> {
    let (header, data) = wav.split_at_checked(HEADER_BYTES)?;
    let is_mono_16 = header.get(22..24)? == [1, 0] && header.get(34..36)? == [16, 0];
    if !header.starts_with(b"RIFF") || !is_mono_16 || data.len() < 2 {
        return None;
    }
    let rate: [u8; 4] = header.get(24..28)?.try_into().ok()?;
    let samples = data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    Some(Clip { samples, sample_rate: u32::from_le_bytes(rate) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_program_names_its_package() {
        let engine = Espeak::at("/nonexistent/espeak-ng".into());
        let error = engine.speak("xin chào", Voice::North).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program espeak-ng is missing: install the Debian package espeak-ng"
        );
    }

    #[tokio::test]
    async fn a_program_that_fails_or_says_nothing_is_told_apart_from_sound() {
        let silent = Espeak::at("/bin/true".into());
        let error = silent.speak("xin chào", Voice::North).await.unwrap_err();
        assert_eq!(error.to_string(), "espeak-ng refused: it gave no sound");
        let failing = Espeak::at("/bin/false".into());
        let error = failing.speak("xin chào", Voice::South).await.unwrap_err();
        assert_eq!(error.to_string(), "espeak-ng refused: no reason given");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_given_up() {
        let hanging = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(hanging.path(), "#!/bin/sh\nexec sleep 1000\n").unwrap();
        let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(hanging.path(), runnable).unwrap();
        let path = hanging.into_temp_path(); // closed, or it could not be run
        let error = Espeak::at(path.to_path_buf()).speak("xin", Voice::North).await.unwrap_err();
        assert_eq!(error.to_string(), "espeak-ng did not finish a sentence within 20 s");
    }

    #[test]
    fn notes_on_languages_are_no_phonemes() {
        assert_eq!(plain_ipa(" sˈin\n (en)wˈɜːld(vi) ɲˈe1\n"), "sˈin wˈɜːld ɲˈe1");
    }

    #[test]
    fn the_header_is_believed_only_for_16_bit_mono() {
        let mut wav = Vec::new();
        crate::library::write_wav(&mut wav, &[1, -2, 3], 22_050).unwrap();
        let clip = Clip { samples: vec![1, -2, 3], sample_rate: 22_050 };
        assert_eq!(read_clip(&wav), Some(clip));
        wav[22] = 2;
        assert_eq!(read_clip(&wav), None);
        assert_eq!(read_clip(b"RIFF"), None);
    }
}
