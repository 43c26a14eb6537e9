//! How typed texts are read and spoken.

use std::path::PathBuf;

use base::Sha256;
use broadcast::normalise::Abbreviations;
use broadcast::speech::Voice;

use super::problems::{Field, Reader};
use super::raw;

#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// The standard table with the ward's own lines.
    pub abbreviations: Abbreviations,
    /// `None`: espeak-ng speaks for every region.
    pub voice: Option<VoiceModel>,
}

/// A Piper voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceModel {
    /// The `.onnx` file; what it needs to know of itself lies beside it, in `.onnx.json`.
    pub path: PathBuf,
    pub sha256: Option<Sha256>,
    /// Whose texts it speaks; espeak-ng has the others.
    pub region: Voice,
}

pub(super) fn speech(reader: &mut Reader<'_>, field: Field<raw::Speech>) -> Option<Speech> {
    let section = reader.optional("speech", field).unwrap_or_default();
    reader.unknown("speech", &section.unknown);
    let abbreviations = match reader.optional("speech.abbreviations", section.abbreviations) {
        None => Some(Abbreviations::default()),
        Some(file) => abbreviations(reader, &file),
    };
    let path = reader.optional("speech.voice_model", section.voice_model);
    let sha256 = reader.optional("speech.voice_sha256", section.voice_sha256);
    let sha256: Option<Sha256> = reader.parsed("speech.voice_sha256", sha256);
    let region = reader.optional("speech.voice_region", section.voice_region);
    let has_region = region.is_some();
    let region =
        region.map_or(Some(Voice::default()), |it| reader.parsed("speech.voice_region", Some(it)));
    if path.is_none() && (sha256.is_some() || has_region) {
        reader.problem("speech.voice_model", "is missing, and other keys tell of it");
    }
    let voice = match path {
        None => None,
        Some(path) => Some(VoiceModel { path: reader.path(path), sha256, region: region? }),
    };
    Some(Speech { abbreviations: abbreviations?, voice })
}

/// Every wrong line is a problem of its own.
fn abbreviations(reader: &mut Reader<'_>, file: &str) -> Option<Abbreviations> {
    let key = "speech.abbreviations";
    let path = reader.path(file);
    let lines = match std::fs::read_to_string(&path) {
        Ok(lines) => lines,
        Err(err) => {
            reader.problem(key, format!("{} is not readable: {err}", path.display()));
            return None;
        }
    };
    match Abbreviations::default().extended(&lines) {
        Ok(table) => Some(table),
        Err(errors) => {
            for error in errors {
                reader.problem(key, format!("{file}: {error}"));
            }
            None
        }
    }
}
