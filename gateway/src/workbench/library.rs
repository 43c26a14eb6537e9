//! `vong library check FILE…`: can these recordings be broadcast, and if not, why?

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use broadcast::library::{CheckedAudio, Refused, check};
use serde_json::json;

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
    /// MP3, M4A (AAC-LC, ALAC), FLAC, Ogg Vorbis and WAV are read. A recording must last from one
    /// second to one hour, hold sound above 300 Hz and not be clipped. One line a file; the exit
    /// code is 1 when any is refused.
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
    for file in &args.files {
        let verdict = check(file.as_path());
        is_any_refused |= verdict.is_err();
        let line = if args.json { json_line(file, &verdict) } else { readable(file, &verdict) };
        writeln!(out, "{line}")?;
    }
    Ok(if is_any_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn readable(file: &Path, verdict: &Result<CheckedAudio, Refused>) -> String {
    let name = file.display();
    match verdict {
        Ok(audio) => {
            let seconds = audio.duration.as_secs();
            format!(
                "ok       {name}: {}:{:02}, {}, {} Hz, {} ch, {}",
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

fn json_line(file: &Path, verdict: &Result<CheckedAudio, Refused>) -> String {
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
