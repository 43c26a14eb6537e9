//! What may be wrong with a simulated camera, as options of the command line.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Size;
use jiff::{SignedDuration, Span, civil};
use media::{Clip, Encoding, Fault, Reboot};

use crate::workbench::sim::notation::{share, time};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Faults")]
pub(super) struct Faults {
    /// Stop the pictures this long after a stream starts, and keep the connection: a camera that
    /// hangs. For example 30s.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "garbage_after")]
    freeze_after: Option<Duration>,
    /// Send what cannot be decoded, this long after a stream starts.
    #[arg(long, value_name = "TIME", value_parser = time)]
    garbage_after: Option<Duration>,
    /// Send the same picture again and again, in running time: from the start, or --still=30s from then
    /// on.
    #[arg(
        long, value_name = "TIME", value_parser = time,
        num_args = 0..=1, require_equals = true, default_missing_value = "0s"
    )]
    still: Option<Duration>,
    /// Go on at half the size, this long after a stream starts, without ending it. The second size is
    /// encoded at start.
    #[arg(long, value_name = "TIME", value_parser = time)]
    change_size_after: Option<Duration>,
    /// Pictures a second to send, whatever the video's own. 120 floods the client.
    #[arg(long, value_name = "N", visible_alias = "flood", value_parser = clap::value_parser!(u32).range(1..=1000))]
    fps: Option<u32>,
    /// Lose this part of the packets, as 5% or 0.05, over UDP and TCP alike.
    #[arg(long, value_name = "PART", value_parser = share)]
    loss: Option<f64>,
    /// Flip bits inside this part of the pictures.
    #[arg(long, value_name = "PART", value_parser = share)]
    corrupt: Option<f64>,
    /// Tell a time (in RTCP sender reports) that is this far off: 10y, or -1h for one behind.
    #[arg(long, value_name = "TIME", value_parser = offset, allow_hyphen_values = true)]
    clock_offset: Option<SignedDuration>,
    /// Cut everybody off each time this long has passed, and let nobody in for --reboot-takes.
    #[arg(long, value_name = "TIME", value_parser = time)]
    reboot_every: Option<Duration>,
    /// How long a reboot takes.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s", requires = "reboot_every")]
    reboot_takes: Duration,
}

impl Faults {
    pub(super) fn reboot(&self) -> Option<Reboot> {
        self.reboot_every.map(|every| Reboot { every, takes: self.reboot_takes })
    }

    /// Of the stream that plays `clip`, which came out of `file`.
    pub(super) fn of(&self, file: &Path, clip: &Clip) -> anyhow::Result<Vec<Fault>> {
        let change = self.change_size_after.map(|after| {
            let to = Arc::new(half_the_size(file, clip)?);
            anyhow::Ok(Fault::ChangeSize { after, to })
        });
        let faults = [
            self.freeze_after.map(|after| Fault::Freeze { after }),
            self.garbage_after.map(|after| Fault::Garbage { after }),
            self.still.map(|after| Fault::Still { after }),
            self.fps.map(|fps| Fault::Pace { fps }),
            self.loss.map(|share| Fault::Loss { share }),
            self.corrupt.map(|share| Fault::Corrupt { share }),
            self.clock_offset.map(|by| Fault::ClockOffset { by }),
            change.transpose()?,
        ];
        Ok(faults.into_iter().flatten().collect())
    }
}

fn half_the_size(file: &Path, clip: &Clip) -> anyhow::Result<Clip> {
    let whole = clip.size().unwrap_or(Size { width: 640, height: 360 });
    // RFC 2435 counts in blocks of 8 pixels.
    let half = |side: u32| (side / 16 * 8).max(16);
    let size = Some(Size { width: half(whole.width), height: half(whole.height) });
    Ok(Clip::encode(file, Encoding { codec: clip.codec(), size, n_b_frames: 0 })?)
}

/// Years and months are those that follow 2024, which hardly matters to a clock that is off by them.
fn offset(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "write it as 10y, 3h or -30s")?;
    span.to_duration(civil::date(2024, 1, 1)).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_years_off() {
        assert_eq!(offset("10y").unwrap().as_hours(), 10 * 365 * 24 + 3 * 24);
        assert_eq!(offset("-30s"), Ok(SignedDuration::from_secs(-30)));
        assert!(offset("soon").is_err());
    }

    /// As clap sees it.
    fn faults(arguments: &[&str]) -> Result<Faults, clap::Error> {
        use clap::{Args as _, FromArgMatches as _};
        let command = Faults::augment_args(clap::Command::new("camera").no_binary_name(true));
        Faults::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    #[test]
    fn options_are_combined_and_contradictions_refused() {
        let args = faults(&["--still", "--flood", "120", "--clock-offset", "-1h"]).unwrap();
        assert_eq!((args.still, args.fps), (Some(Duration::ZERO), Some(120)));
        assert_eq!(args.clock_offset, Some(SignedDuration::from_hours(-1)));
        assert_eq!(faults(&["--still=5s"]).unwrap().still, Some(Duration::from_secs(5)));
        let reboot = faults(&["--reboot-every", "1m"]).unwrap().reboot().unwrap();
        assert_eq!((reboot.every.as_secs(), reboot.takes.as_secs()), (60, 10));
        assert!(faults(&["--freeze-after", "1s", "--garbage-after", "1s"]).is_err());
        assert!(faults(&["--fps", "0"]).is_err());
    }
}
