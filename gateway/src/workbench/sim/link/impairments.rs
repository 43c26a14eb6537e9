//! What may be wrong with a link, as options of the command line.

use std::num::NonZeroU64;
use std::time::Duration;

use super::road::Impairment;
use super::terms::{Loss, Outages, Rate, Terms};
use crate::workbench::sim::notation::{bits_a_second, share, time};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Impairments")]
pub(super) struct Impairments {
    /// Lose this part of the packets, as 5% or 0.05. Not with --tcp.
    #[arg(long, value_name = "PART", value_parser = share)]
    loss: Option<f64>,
    /// Lose them in bursts of this many packets on average, instead of one by one.
    #[arg(long, value_name = "PACKETS", requires = "loss")]
    loss_burst: Option<f64>,
    /// Deliver everything this much later, for example 40ms. A round trip takes it twice.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "0ms")]
    delay: Duration,
    /// Deliver each packet up to this much later still: packets overtake one another, bytes of a TCP
    /// connection never do.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "0ms")]
    jitter: Duration,
    /// Carry no more than this, for example 512kbit/s or 2Mbit/s. With --tun, headers count.
    #[arg(long, value_name = "RATE", value_parser = bits_a_second)]
    rate: Option<NonZeroU64>,
    /// How long anything waits for its turn at the --rate. Packets that find a longer queue are dropped;
    /// TCP connections are not read until it is shorter.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "500ms", requires = "rate")]
    queue: Duration,
    /// Lose the link each time this long has passed, for as long as --down-for. Packets of an outage are
    /// dropped; what TCP connections sent is held, and delivered when it ends.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "down_for")]
    down_every: Option<Duration>,
    /// How long an outage lasts.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "down_every")]
    down_for: Option<Duration>,
    /// Let nothing through this way, for good: not even that a connection is opened or closed, so that it
    /// stays half-open on the other side.
    #[arg(long, value_name = "WAY", value_enum)]
    blackhole: Option<Way>,
    /// Let everything through until then.
    #[arg(
        long, value_name = "TIME", value_parser = time, default_value = "0s",
        requires = "blackhole"
    )]
    blackhole_after: Duration,
    /// All but --blackhole holds for both ways. Let it hold for this one, and the other way be perfect.
    #[arg(long, value_name = "WAY", value_enum)]
    only: Option<Way>,
    /// Where chance begins. With the same seed the same packets meet the same fate.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Up leads from who listens, or from the first namespace, to the target, or to the second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    Up,
    Down,
}

impl Impairments {
    pub(super) fn has_loss(&self) -> bool {
        self.loss.is_some()
    }

    pub(super) fn believed(&self) -> anyhow::Result<Impairment> {
        let terms = self.terms()?;
        let of = |way| {
            let terms = if self.only.is_none_or(|it| it == way) { terms } else { Terms::default() };
            let is_dead = self.blackhole == Some(way);
            Terms { dead_from: is_dead.then_some(self.blackhole_after), ..terms }
        };
        Ok(Impairment { up: of(Way::Up), down: of(Way::Down), seed: self.seed })
    }

    fn terms(&self) -> anyhow::Result<Terms> {
        let loss = match (self.loss, self.loss_burst) {
            (Some(share), Some(n_packets)) => Some(
                Loss::in_bursts(share, n_packets)
                    .map_err(|err| anyhow::anyhow!("--loss-burst: {err}"))?,
            ),
            (Some(share), None) => Some(Loss::independent(share)),
            (None, _) => None,
        };
        let outages = match (self.down_every, self.down_for) {
            (Some(every), Some(lasts)) => Some(
                Outages::new(every, lasts).map_err(|err| anyhow::anyhow!("--down-for: {err}"))?,
            ),
            (None, _) | (Some(_), None) => None,
        };
        let rate = self.rate.map(|it| Rate { bits_a_second: it, queue: self.queue });
        let (delay, jitter) = (self.delay, self.jitter);
        Ok(Terms { loss, delay, jitter, rate, outages, dead_from: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As clap sees it.
    fn impairments(arguments: &str) -> anyhow::Result<Impairment> {
        use clap::{Args as _, FromArgMatches as _};
        let command = Impairments::augment_args(clap::Command::new("link").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments.split_whitespace())?;
        Impairments::from_arg_matches(&matches)?.believed()
    }

    #[test]
    fn without_any_a_link_is_perfect() {
        let Impairment { up, down, seed } = impairments("").unwrap();
        assert_eq!((up, down, seed), (Terms::default(), Terms::default(), 1));
    }

    #[test]
    fn both_ways_are_the_same_unless_one_is_named() {
        let both = impairments("--loss 5% --delay 40ms").unwrap();
        assert_eq!((both.up, both.up.delay.as_millis()), (both.down, 40));
        let only = impairments("--loss 5% --delay 40ms --only down --blackhole up").unwrap();
        assert_eq!(only.down, both.down);
        assert_eq!(only.up, Terms { dead_from: Some(Duration::ZERO), ..Terms::default() });
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_its_option() {
        for (wrong, names) in [
            ("--loss 75% --loss-burst 2", "--loss-burst: to lose 75.0% takes"),
            ("--down-every 5s --down-for 5s", "--down-for"),
            ("--down-every 5s", "--down-for"),
            ("--loss-burst 2", "--loss"),
            ("--queue 1s", "--rate"),
            ("--blackhole-after 1s", "--blackhole"),
        ] {
            let err = impairments(wrong).unwrap_err().to_string();
            assert!(err.contains(names), "{wrong}: {err}");
        }
    }
}
