//! `vong plan`: every play that a calendar gives in a window, and why the others are held back.

mod line;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod of_box;
mod rules;
mod window;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use broadcast::plan::explain;
use jiff::tz::TimeZone;
use serde_json::Value;

pub use rules::{Problems, Rules, Scope};
use window::Window;

/// As for a configuration file.
const BAD_RULES: u8 = 64;
const BAD_USAGE: u8 = 2;

/// Show every play that a calendar gives in a window of time. `help.txt` describes the rules file.
#[derive(Debug, clap::Args)]
#[command(
    about = "Show every play that a calendar gives in a window, and why others are held back",
    long_about = include_str!("plan/help.txt")
)]
pub struct Args {
    /// The rules file.
    #[arg(long, value_name = "FILE")]
    #[cfg_attr(
        all(feature = "gst", feature = "onnx"),
        arg(required_unless_present = "config", conflicts_with = "config")
    )]
    #[cfg_attr(not(all(feature = "gst", feature = "onnx")), arg(required = true))]
    rules: Option<PathBuf>,
    /// Instead: the configuration of a box, whose own database is read.
    #[cfg(all(feature = "gst", feature = "onnx"))]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    window: window::Args,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    #[cfg(all(feature = "gst", feature = "onnx"))]
    if let Some(config) = &args.config {
        return of_box(args, config);
    }
    of_rules(args, args.rules.as_deref().unwrap_or(Path::new("")))
}

#[cfg(all(feature = "gst", feature = "onnx"))]
fn of_box(args: &Args, config: &Path) -> anyhow::Result<ExitCode> {
    let config = crate::config::Ward::read(config)?;
    match args.window.believe(&config.timezone) {
        Ok(window) => print(of_box::explain(&config, window)?.into_iter())?,
        Err(problem) => return Ok(refused(&problem, BAD_USAGE)),
    }
    Ok(ExitCode::SUCCESS)
}

fn of_rules(args: &Args, path: &Path) -> anyhow::Result<ExitCode> {
    // Which years is known before the zone is.
    let years = match args.window.believe(&TimeZone::UTC) {
        Ok(window) => window.years(),
        Err(problem) => return Ok(refused(&problem, BAD_USAGE)),
    };
    let file = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(err) => return Ok(refused(&format!("{file} cannot be read: {err}"), BAD_RULES)),
    };
    let scope = Scope { folder: path.parent().unwrap_or(Path::new("")), years };
    let rules = match Rules::parse(&text, &scope) {
        Ok(rules) => rules,
        Err(problems) => {
            return Ok(refused(
                &format!("{file} is not a valid rules file:\n{problems}"),
                BAD_RULES,
            ));
        }
    };
    let Window { from, to } = match args.window.believe(&rules.policy.zone) {
        Ok(window) => window,
        Err(problem) => return Ok(refused(&problem, BAD_USAGE)),
    };
    let explained = explain(&rules.items(), &rules.policy, from, to)?;
    let title = |id: &String| rules.titles.get(id).map(String::as_str);
    let zone = &rules.policy.zone;
    print(explained.iter().map(|it| line::line(it, title(&it.planned.id), zone)))?;
    Ok(ExitCode::SUCCESS)
}

fn refused(problem: &str, code: u8) -> ExitCode {
    tracing::error!("{problem}");
    ExitCode::from(code)
}

fn print(lines: impl Iterator<Item = Value>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        match writeln!(out, "{line}") {
            // Whoever reads (head, less) has seen enough.
            Err(err) if err.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    out.flush()
}
