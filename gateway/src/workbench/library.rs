//! `vong library check FILE…`: can these recordings be broadcast, and if not, why?

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use broadcast::library::{CheckedAudio, Identity, Refused, Sameness, check_with};
use serde_json::json;

use crate::recording;

/// Look at recordings before they are uploaded
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Decode each recording to its end, measure it, and say whether it can be broadcast
    ///
    /// MP3, M4A (AAC, HE-AAC, ALAC), FLAC, Ogg (Vorbis, Opus) and WAV are read. A recording must last
    /// from one second to one hour, hold sound above 300 Hz and not be clipped. One line a file; the
    /// exit code is 1 when any is refused. A file that is the same as one before it is named: the
    /// same file, the same samples, or the same sound in another codec, bit rate or level.
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// One JSON object a line instead of readable lines
    #[arg(long)]
    json: bool,
    /// The recordings
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Check(args) = &args.command;
    let mut out = std::io::stdout().lock();
    let mut is_any_refused = false;
    let mut known: Vec<(&Path, Identity)> = Vec::new();
    for file in &args.files {
        let verdict = check_with(file.as_path(), recording::other());
        is_any_refused |= verdict.is_err();
        let same = verdict.as_ref().ok().and_then(|it| same_as(&known, &it.identity));
        let line = if args.json {
            json_line(file, &verdict, same)
        } else {
            readable(file, &verdict, same)
        };
        writeln!(out, "{line}")?;
        if let Ok(audio) = verdict {
            known.push((file, audio.identity));
        }
    }
    Ok(if is_any_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The file before that is the same, and how.
type Same<'a> = Option<(&'a Path, &'static str)>;

fn same_as<'a>(known: &[(&'a Path, Identity)], identity: &Identity) -> Same<'a> {
    let all = known.iter().filter_map(|(path, it)| Some((it.sameness(identity)?, *path)));
    all.min_by_key(|(sameness, _)| *sameness).map(|(sameness, path)| {
        let how = match sameness {
            Sameness::File => "file",
            Sameness::Samples => "samples",
            Sameness::Sound => "sound",
        };
        (path, how)
    })
}

fn readable(file: &Path, verdict: &Result<CheckedAudio, Refused>, same: Same<'_>) -> String {
    let name = file.display();
    match verdict {
        Ok(audio) => {
            let seconds = audio.duration.as_secs();
            let same = same.map_or_else(String::new, |(path, how)| {
                format!(", the same {how} as {}", path.display())
            });
            format!(
                "ok       {name}: {}:{:02}, {}, {} Hz, {} ch, {}{same}",
                seconds / 60,
                seconds % 60,
                audio.loudness,
                audio.sample_rate,
                audio.n_channels,
                audio.codec
            )
        }
        Err(refused) => format!("refused  {name}: {}", reason(refused)),
    }
}

fn json_line(file: &Path, verdict: &Result<CheckedAudio, Refused>, same: Same<'_>) -> String {
    let name = file.display().to_string();
    let object = match verdict {
        Ok(audio) => json!({
            "file": name,
            "ok": true,
            "duration_ms": u64::try_from(audio.duration.as_millis()).unwrap_or(u64::MAX),
            "loudness_lufs": tenths(audio.loudness.integrated_lufs),
            "true_peak_dbtp": tenths(audio.loudness.true_peak_dbtp),
            "horn_loudness_lufs": tenths(audio.through_horn.integrated_lufs),
            "clipped_percent": tenths(audio.clipped * 100.0),
            "sample_rate_hz": audio.sample_rate,
            "channels": audio.n_channels,
            "codec": audio.codec,
            "sha256": audio.identity.file.to_string(),
            "samples_sha256": audio.identity.samples.to_string(),
            "same_as": same.map(|(path, how)| json!({ "file": path.display().to_string(), "how": how })),
        }),
        Err(refused) => json!({ "file": name, "ok": false, "reason": reason(refused) }),
    };
    object.to_string()
}

/// The refusal, and what the system said where that helps to act.
fn reason(refused: &Refused) -> String {
    if let Refused::Unreadable(cause) = refused {
        return format!("{refused} ({cause})");
    }
    refused.to_string()
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
