//! `vong bench plan`: a year of broadcasts on a virtual clock, and whether it kept its promises.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use broadcast::player::{DailyLimit, Rules};
use broadcast::quiet::QuietHours;
use broadcast::simulation::Terms;
use broadcast::simulation::year::{Settings, simulate};
use jiff::tz::TimeZone;
use rustix::time::ClockId;

use super::detect::{cpu, round, since};
use super::wire;
use crate::config::DAILY_LIMIT;
use crate::ward::broadcast::{LOOK_AHEAD, LOOK_BACK, PATIENCE, TAIL, usual};

/// Planning and playing, without sound: a district's bulletins, quotas and holidays, with power cuts in the
/// middle of things, links that are down for a week, wrong clocks, late orders, changed plans and
/// emergencies.
///
/// It fails, and says where, if in that time two items are heard at once on one cluster; if anything but an
/// emergency is heard in quiet hours; if something unapproved, expired, late or twice is heard; or if a play
/// does not end in exactly one record on each cluster.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days, from 1 January 2026 on.
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Loudspeaker clusters, shared out evenly among the wards.
    #[arg(long, value_name = "N", default_value_t = 272, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    clusters: u16,
    /// Boxes, one to a ward.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    wards: u16,
    /// Another number is another year.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// A box looks at its calendar every few seconds and whenever something changes. Between changes nothing comes
/// of most looks; here it is every three hours, of the seven days that orders go ahead.
const ROUND: Duration = Duration::from_hours(3);
/// What a cluster needs from its decision to its first sound: the amplifier, and opening the file.
const LEAD: Duration = Duration::from_secs(6);
const SHORTEST_LEAD: Duration = Duration::from_secs(4);

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        args.clusters.is_multiple_of(args.wards),
        "{} clusters cannot be shared out evenly among {} wards: choose another number of either",
        args.clusters,
        args.wards
    );
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").context("the time zone of the wards")?;
    let daily = Some(DailyLimit::new(DAILY_LIMIT, zone.clone()));
    let quiet = Some(QuietHours::night(zone));
    let settings = Settings {
        days: args.days,
        wards: args.wards,
        clusters_per_ward: args.clusters / args.wards,
        seed: args.seed,
        terms: Terms {
            look_ahead: LOOK_AHEAD,
            look_back: LOOK_BACK,
            tail: TAIL,
            patience: PATIENCE,
            round: ROUND,
        },
        rules: Rules { quiet, daily, lead: LEAD, shortest_lead: SHORTEST_LEAD, ..Rules::default() },
        resume: usual,
    };
    let started = cpu(ClockId::Monotonic);
    let outcome = simulate(&settings);
    let seconds = since(ClockId::Monotonic, started).as_secs_f64();
    let plan = wire::Plan::new(args.days, args.wards, args.clusters, &outcome);
    let rss_mb = super::peak_rss_mib()? * 1.048_576;
    let done = super::print(
        "plan",
        &wire::Plan { seconds: round(seconds), rss_mb: round(rss_mb), ..plan },
    )?;
    anyhow::ensure!(
        outcome.n_broken == 0,
        "{} promises were broken, the first of them:\n  {}",
        outcome.n_broken,
        outcome.broken.join("\n  ")
    );
    Ok(done)
}
