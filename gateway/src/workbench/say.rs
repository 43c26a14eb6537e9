//! `vong say TEXT`: what a bulletin typed as text will sound like.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use broadcast::library::{self, Prepared, SAMPLE_RATE, Upload, to_i16, write_wav};
use broadcast::normalise::{Abbreviations, Normalised, normalise};
use broadcast::speech::{SpeechError, Voice, say};

use crate::voice::Voices;

/// Say a Vietnamese text as the loudspeakers would
///
/// Dates, times, money, telephone numbers, abbreviations and the like are put into words first;
/// what is not known is listed on stderr, so that it can be written out or added to the ward's
/// abbreviations. The sound is a 16-bit WAV, 48 kHz mono, at the house loudness: exactly what is
/// encoded for the loudspeakers. Needs the Debian package espeak-ng, unless --normalise-only.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The text; - reads it from stdin
    text: String,
    /// Region of the voice: north, central or south
    #[arg(long, default_value = "north")]
    voice: Voice,
    /// Print the words that would be said, a paragraph a line, and make no sound
    #[arg(long)]
    normalise_only: bool,
    /// More abbreviations: lines of KEY = words
    #[arg(long, value_name = "FILE")]
    abbreviations: Option<PathBuf>,
    /// A Piper voice (.onnx, with its .onnx.json beside it) instead of espeak-ng's own
    #[cfg(feature = "onnx")]
    #[arg(long, value_name = "FILE.onnx")]
    voice_model: Option<PathBuf>,
    /// Where the WAV goes; without it, to stdout if that is a file or a pipe
    #[arg(short, long, value_name = "FILE.wav")]
    output: Option<PathBuf>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.output.is_none() && !args.normalise_only && std::io::stdout().is_terminal() {
        bail!("a terminal cannot show sound: name a file with -o FILE.wav, or pipe it on");
    }
    let normalised = normalise(&text(&args.text)?, &table(&args)?, args.voice.dialect());
    list_unknown(&normalised)?;
    if args.normalise_only {
        if normalised.paragraphs().is_empty() {
            return Err(SpeechError::Nothing.into());
        }
        writeln!(std::io::stdout().lock(), "{}", normalised.text())?;
        return Ok(ExitCode::SUCCESS);
    }
    let spoken = say(&voices(&args)?, normalised, args.voice).await?;
    let (prepared, samples) = tokio::task::spawn_blocking(move || render(&spoken.wav)).await??;
    match &args.output {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
            let mut out = BufWriter::new(file);
            write_wav(&mut out, &samples, SAMPLE_RATE)?;
            out.flush().with_context(|| format!("write {}", path.display()))?;
            let seconds = prepared.duration.as_secs_f64();
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "wrote {}: {seconds:.1} s, {}", path.display(), prepared.loudness)?;
        }
        None => write_wav(std::io::stdout().lock(), &samples, SAMPLE_RATE)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "onnx")]
fn voices(args: &Args) -> anyhow::Result<Voices> {
    use models::Manifest;

    use crate::config::VoiceModel;
    use crate::engine::{Choice, find_runtime};
    use crate::voice::Piper;

    let Some(path) = args.voice_model.clone() else { return Ok(Voices::default()) };
    let engine = find_runtime(&Manifest::built_in()?, Choice::default(), 1)?;
    let model = VoiceModel { path, sha256: None, region: args.voice };
    Ok(Voices::with(Some(Piper::start(&model, &engine)?)))
}

#[cfg(not(feature = "onnx"))]
#[expect(clippy::unnecessary_wraps, reason = "a build with models may find none")]
fn voices(_: &Args) -> anyhow::Result<Voices> {
    Ok(Voices::default())
}

/// A text is at most some twenty minutes, so its samples fit in memory here.
fn render(wav: &[u8]) -> anyhow::Result<(Prepared, Vec<i16>)> {
    let mut samples = Vec::new();
    let prepared = library::prepare(Upload::Bytes(wav), |block| {
        samples.extend(block.iter().copied().map(to_i16));
        Ok::<(), std::io::Error>(())
    })?;
    Ok((prepared, samples))
}

fn text(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).context("read the text from stdin")?;
    Ok(text)
}

fn table(args: &Args) -> anyhow::Result<Abbreviations> {
    let Some(path) = &args.abbreviations else { return Ok(Abbreviations::default()) };
    let lines =
        std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Abbreviations::default().extended(&lines).map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}:\n{}", path.display(), texts.join("\n"))
    })
}

fn list_unknown(normalised: &Normalised) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    for token in normalised.unknown() {
        writeln!(err, "not known, listen to it: {token}")?;
    }
    Ok(())
}
