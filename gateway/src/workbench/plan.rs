//! `vong plan`: every play that a calendar gives in a window, and why the others are held back.

mod rules;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use broadcast::plan::{Decision, Planned, plan};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use rules::{Problems, Rules};

/// As for a configuration file.
const BAD_RULES: u8 = 64;
const BAD_USAGE: u8 = 2;
/// More is not a question about a calendar, and would fill a disk.
const LONGEST_WINDOW: Duration = Duration::from_hours(10 * 366 * 24);

/// Show every play that a calendar gives in a window of time. `help.txt` describes the rules file.
#[derive(Debug, clap::Args)]
#[command(
    about = "Show every play that a calendar gives in a window, and why others are held back",
    long_about = include_str!("plan/help.txt")
)]
pub struct Args {
    /// The rules file.
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// Start of the window: RFC 3339, or a local date or time such as 2026-09-02 or
    /// 2026-09-02T05:00.
    #[arg(long, value_name = "T")]
    from: String,
    /// End of the window; not in it itself.
    #[arg(long, value_name = "T")]
    to: String,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let file = args.rules.display();
    let text = match std::fs::read_to_string(&args.rules) {
        Ok(text) => text,
        Err(err) => {
            tracing::error!("{file} cannot be read: {err}");
            return Ok(ExitCode::from(BAD_RULES));
        }
    };
    let rules = match Rules::parse(&text) {
        Ok(rules) => rules,
        Err(problems) => {
            tracing::error!("{file} is not a valid rules file:\n{problems}");
            return Ok(ExitCode::from(BAD_RULES));
        }
    };
    let (from, to) = match window(args, &rules.zone) {
        Ok(window) => window,
        Err(problem) => {
            tracing::error!("{problem}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    let planned = plan(&rules.entries, rules.quiet.as_ref(), from, to)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for play in &planned {
        match writeln!(out, "{}", line(play, &rules)) {
            // Whoever reads (head, less) has seen enough.
            Err(err) if err.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written?,
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn line(play: &Planned<String>, rules: &Rules) -> Value {
    let local = play.at.to_zoned(rules.zone.clone());
    let mut line = json!({
        "id": play.id,
        "title": rules.titles.get(&play.id),
        "at": play.at.to_string(),
        "local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "ends_at": play.ends_at.to_string(),
        "priority": play.priority.as_str(),
        "plays": play.decision == Decision::Plays,
    });
    if let Decision::HeldBack(reason) = &play.decision {
        line["reason"] = reason.as_str().into();
        line["why"] = reason.to_string().into();
    }
    line
}

fn window(args: &Args, zone: &TimeZone) -> Result<(Timestamp, Timestamp), String> {
    let from = instant(&args.from, zone).ok_or_else(|| not_a_time("--from", &args.from))?;
    let to = instant(&args.to, zone).ok_or_else(|| not_a_time("--to", &args.to))?;
    let length = to.duration_since(from);
    if length <= SignedDuration::ZERO {
        return Err(format!("--to {} is not after --from {}", args.to, args.from));
    }
    if length.unsigned_abs() > LONGEST_WINDOW {
        return Err("the window is longer than ten years: ask for a part of it".to_owned());
    }
    Ok((from, to))
}

fn not_a_time(option: &str, text: &str) -> String {
    format!("{option} {text:?} is not a time: write 2026-09-02, 2026-09-02T05:00 or RFC 3339")
}

/// RFC 3339, or a date or date and time on the wall clock of `zone`.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local = || {
        let wall_clock: DateTime = text.parse().ok()?;
        zone.to_ambiguous_timestamp(wall_clock).compatible().ok()
    };
    text.parse().ok().or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_given_in_utc_or_on_the_wards_wall_clock() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let new_year: Timestamp = "2025-12-31T17:00:00Z".parse().unwrap();
        for text in ["2026-01-01", "2026-01-01T00:00", "2026-01-01T00:00:00+07:00"] {
            assert_eq!(instant(text, &zone), Some(new_year), "{text}");
        }
        assert_eq!(instant("tomorrow", &zone), None);
    }

    #[test]
    fn a_line_says_why_something_is_held_back() {
        let text = "[[bulletin]]\nid = 'nhac'\nduration = '30m'\nat = '2025-12-08T04:45:00+07:00'";
        let rules = Rules::parse(text).unwrap();
        let from = "2025-12-07T00:00:00Z".parse().unwrap();
        let planned = plan(&rules.entries, rules.quiet.as_ref(), from, Timestamp::MAX).unwrap();
        let line = line(&planned[0], &rules);
        assert_eq!(line["local"], "2025-12-08T04:45:00+07:00");
        assert_eq!(line["plays"], false);
        assert_eq!(line["reason"], "quiet_hours");
        assert_eq!(line["why"], "it would be heard in quiet hours, 21:00 to 06:00");
    }
}
