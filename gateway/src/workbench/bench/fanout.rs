//! `vong bench fanout`: one box and a whole ward of clusters: how long content takes to reach them all, and
//! how well they start together.
//!
//! A throw-away fleet, its broker, the box (`vong run`, without cameras) and its clusters (`vong sim
//! speakers`) are processes of their own, on the loopback of this machine. The box's clock is this machine's,
//! so a note of when a sample left by this machine's clock is measured against the true instant.

mod figures;
mod fleet;
mod process;
mod recording;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;

use super::wire;
use fleet::{Fleet, Settings};
use process::Usage;

/// How many clusters one box serves: fetching a bulletin to all, and starting it in step.
///
/// Makes a fleet in a folder that is removed afterwards, uploads a recording, has it approved, orders it an
/// hour ahead and waits until every cluster has fetched and verified it; then plays short bulletins and
/// compares when each first sample left. For example, a ward:
///
///   vong bench fanout --clusters 272
///
/// and a quick look:
///
///   vong bench fanout --clusters 20 --decode 4 --minutes 1 --plays 2 --settle 20
///
/// Needs Mosquitto, and about 12 MB of disk a cluster. Progress goes to stderr.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[arg(long, value_name = "N", default_value_t = 272, value_parser = clap::value_parser!(u16).range(2..=999))]
    clusters: u16,
    /// So many clusters decode and resample; the others note when they would have.
    #[arg(long, value_name = "N", default_value_t = 16)]
    decode: u16,
    /// Length of the bulletin that is fetched.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=60))]
    minutes: u16,
    /// Short bulletins to play.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    plays: u16,
    /// How long clocks are disciplined before anything is ordered.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    settle: u16,
    /// Decides what is wrong with each clock.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The box's `content.rate_limit` [default: what a box has without one]
    #[arg(long, value_name = "RATE")]
    rate_limit: Option<String>,
    /// First of six ports in a row.
    #[arg(long, value_name = "PORT", default_value_t = 29_100, value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    port_base: u16,
    /// Where to make the fleet's folder [default: the system's folder for temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The long bulletin lies this far ahead: near enough to be fetched now.
const LONG_AHEAD: Duration = Duration::from_hours(1);
/// A short one: enough for its orders and its content.
const SHORT_AHEAD: Duration = Duration::from_secs(20);
const AFTER_START: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_secs(5);
/// After this nobody is waited for.
const FETCH_WITHIN: Duration = Duration::from_mins(30);
const PLAY_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = args.dir.as_ref().map_or_else(tempfile::tempdir, tempfile::tempdir_in);
    let folder = folder.context("a folder for the fleet")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = runtime.block_on(measure(args, folder.path()))?;
    super::print("fanout", &figures)
}

async fn measure(args: &Args, folder: &std::path::Path) -> anyhow::Result<wire::Fanout> {
    say(&format!("a fleet of {} clusters", args.clusters));
    let settings = Settings {
        folder,
        clusters: args.clusters,
        decode: args.decode.min(args.clusters),
        seed: args.seed,
        rate_limit: args.rate_limit.as_deref(),
        port_base: args.port_base,
    };
    let mut fleet = Fleet::start(&settings).await?;
    fleet.wait_for_clusters().await?;
    say(&format!("all are there; their clocks are disciplined for {} s", args.settle));
    tokio::time::sleep(Duration::from_secs(args.settle.into())).await;

    let length = Duration::from_mins(args.minutes.into());
    let long = fleet.bulletin("long", &recording::write(folder, length)?).await?;
    say(&format!("{} bytes go to each cluster", long.bytes));
    let (mut meter, began) = (Meter::new(&fleet)?, Instant::now());
    fleet.schedule(&long, LONG_AHEAD).await?;
    fleet.wait_for_content(&long, FETCH_WITHIN, &mut meter).await?;
    let (fetch_s, fetched) = (began.elapsed().as_secs_f64(), meter.usage(&fleet)?);
    say(&format!("all have it after {fetch_s:.1} s"));

    let short = recording::write(folder, SHORT)?;
    for n in 1..=args.plays {
        let bulletin = fleet.bulletin(&format!("short {n}"), &short).await?;
        fleet.schedule(&bulletin, SHORT_AHEAD).await?;
        // Whoever looks takes a processor, which on a street nobody does just when a sound begins.
        tokio::time::sleep(SHORT_AHEAD + AFTER_START).await;
        fleet.wait_for_play(&bulletin, PLAY_WITHIN, &mut meter).await?;
        say(&format!("{n} of {} short bulletins were played", args.plays));
    }
    let starts = figures::Starts::read(&fleet.notes)?;
    let all = starts.figures(|_| true);
    let decoding = starts.figures(|it| it.decodes);
    Ok(wire::Fanout {
        clusters: args.clusters,
        decoding: settings.decode,
        content_bytes: long.bytes,
        rate_limit: args.rate_limit.clone(),
        fetch_s,
        plays: args.plays,
        starts: all.n_starts,
        start_error_ms_p50: all.error_ms(0.5),
        start_error_ms_p99: all.error_ms(0.99),
        start_error_ms_max: all.error_ms(1.0),
        decoding_start_error_ms_p99: decoding.error_ms(0.99),
        skew_ms_p50: all.skew_ms(0.5),
        skew_ms_p99: all.skew_ms(0.99),
        decoding_skew_ms_p99: decoding.skew_ms(0.99),
        box_cpu_percent: fetched.0.percent(),
        rss_mb: meter.most_rss_mb,
        rss_mb_peak: fleet.the_box.peak_rss_mb()?,
        speakers_cpu_percent: fetched.1.percent(),
        speakers_rss_mb: fleet.speakers.rss_mb()?,
        speakers_threads: fleet.speakers.n_threads()?,
    })
}

/// What the processes take, since the order.
struct Meter {
    the_box: Usage,
    speakers: Usage,
    most_rss_mb: f64,
}

impl Meter {
    fn new(fleet: &Fleet) -> anyhow::Result<Self> {
        let (the_box, speakers) = (fleet.the_box.usage()?, fleet.speakers.usage()?);
        Ok(Self { the_box, speakers, most_rss_mb: fleet.the_box.rss_mb()? })
    }

    fn look(&mut self, fleet: &Fleet) -> anyhow::Result<()> {
        self.most_rss_mb = self.most_rss_mb.max(fleet.the_box.rss_mb()?);
        Ok(())
    }

    fn usage(&self, fleet: &Fleet) -> anyhow::Result<(Usage, Usage)> {
        let (the_box, speakers) = (fleet.the_box.usage()?, fleet.speakers.usage()?);
        Ok((the_box.since(&self.the_box), speakers.since(&self.speakers)))
    }
}

/// Progress is for whoever waits, not for the log.
fn say(text: &str) {
    // Nobody reads it: no reason to stop.
    let _ = writeln!(std::io::stderr(), "bench fanout: {text}");
}
