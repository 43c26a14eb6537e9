//! `vong sim link`: a bad link between two good ends, where the kernel has no netem.

mod chance;
mod impairments;
mod lane;
mod road;
mod route;
mod tally;
mod tcp;
mod terms;
mod tun;
mod udp;
mod wire;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use tokio_util::sync::CancellationToken;

use impairments::Impairments;
use road::Impairment;
use route::Route;
use tcp::TcpRelay;
use tun::{Ends, TunRelay};
use udp::UdpRelay;

const LOG_EVERY: Duration = Duration::from_secs(10);

/// Impair what passes between two ends: lose, delay, thin out, interrupt.
///
/// A stand-in for the links that wards have, which needs no netem in the kernel. For example, a camera
/// behind a poor 4G modem, whose clients ask port 9554 of this machine instead of the camera:
///
///   vong sim link --tcp 9554=192.0.2.7:554 --rate 2Mbit/s --delay 60ms --jitter 30ms
///
/// and everything that two namespaces say to each other, with bursts of losses and a minute's outage
/// every ten:
///
///   ip netns add street && ip netns add ward
///   vong sim link --tun street=10.77.0.1/30,ward=10.77.0.2/30 --loss 5% --loss-burst 4 \
///     --down-every 10m --down-for 1m
///
/// Each --udp, --tcp and --tun is a link of its own: who passes through it shares its rate, and it has
/// its own counters. Up is from LISTEN to TARGET, and from the first namespace to the second; down is
/// back. Both ways are alike unless --only says otherwise. Instants are kept to a millisecond.
///
/// Prints a line of JSON for each link once it is open, and when it ends another one with what was
/// delivered and what was dropped, each way and by reason (the log has it every 10 s). Runs until
/// Ctrl-C, SIGTERM or --seconds.
///
/// Exit codes: 0 ended as asked, 1 refused or broken (the log says why), 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    links: Links,
    #[command(flatten)]
    impairments: Impairments,
    /// End after this many seconds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Links")]
#[group(required = true, multiple = true)]
struct Links {
    /// Pass on datagrams. LISTEN is a port of loopback (0 takes a free one), or ADDRESS:PORT; TARGET is
    /// HOST:PORT. May be repeated.
    #[arg(long, value_name = "LISTEN=TARGET")]
    udp: Vec<Route>,
    /// Pass on TCP connections. What is lost on a real link, TCP sends again, which a proxy of bytes cannot
    /// imitate: for --loss take --tun. May be repeated.
    #[arg(long, value_name = "LISTEN=TARGET")]
    tcp: Vec<Route>,
    /// Pass on the packets between two network namespaces. END is NETNS=ADDRESS/PREFIX: a namespace that
    /// is there already, by its name of `ip netns` or its path, and the address of the TUN device that it
    /// gets until this ends. Needs root. May be repeated.
    #[arg(long, value_name = "END,END")]
    tun: Vec<Ends>,
}

enum Relay {
    Udp(UdpRelay),
    Tcp(TcpRelay),
    Tun(TunRelay),
}

impl Relay {
    fn name(&self) -> String {
        match self {
            Self::Udp(relay) => relay.name(),
            Self::Tcp(relay) => relay.name(),
            Self::Tun(relay) => relay.name(),
        }
    }

    fn run(
        self,
        impairment: &Impairment,
        stop: CancellationToken,
    ) -> BoxFuture<'_, anyhow::Result<wire::Report>> {
        match self {
            Self::Udp(relay) => relay.run(impairment, stop).boxed(),
            Self::Tcp(relay) => relay.run(impairment, stop).boxed(),
            Self::Tun(relay) => relay.run(impairment, stop).boxed(),
        }
    }
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    ensure!(
        args.links.tcp.is_empty() || !args.impairments.has_loss(),
        "--loss: a TCP proxy passes bytes, and a stream with bytes missing is broken, not slow; take \
         --tun, where packets are lost and TCP sends them again"
    );
    let impairment = args.impairments.believed()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let relays = open(args.links).await?;
        for relay in &relays {
            print(&wire::Opened { open: relay.name() }.to_json())?;
        }
        carry(relays, &impairment, args.seconds.map(Duration::from_secs)).await
    })
}

async fn open(links: Links) -> anyhow::Result<Vec<Relay>> {
    let mut relays = Vec::new();
    for route in links.udp {
        relays.push(Relay::Udp(UdpRelay::bind(route).await?));
    }
    for route in links.tcp {
        relays.push(Relay::Tcp(TcpRelay::bind(route).await?));
    }
    for ends in links.tun {
        relays.push(Relay::Tun(TunRelay::open(ends)?));
    }
    Ok(relays)
}

/// Until somebody asks to stop, the time is over, or a link breaks; then all links end and say what they
/// carried.
async fn carry(
    relays: Vec<Relay>,
    impairment: &Impairment,
    for_: Option<Duration>,
) -> anyhow::Result<ExitCode> {
    let stop = CancellationToken::new();
    let running = relays.into_iter().map(|relay| {
        let stop = stop.clone();
        async move {
            let _ends_all = stop.clone().drop_guard();
            relay.run(impairment, stop).await
        }
    });
    let until = async {
        tokio::select! {
            () = crate::signals::interrupted() => {}
            () = over(for_) => {}
            () = stop.cancelled() => {}
        }
        stop.cancel();
    };
    let (reports, ()) = tokio::join!(join_all(running), until);
    let mut broken = None;
    for report in reports {
        match report {
            Ok(report) => print(&report.to_json())?,
            Err(err) => broken = broken.or(Some(err)),
        }
    }
    broken.map_or(Ok(ExitCode::SUCCESS), Err)
}

async fn over(after: Option<Duration>) {
    match after {
        Some(after) => tokio::time::sleep(after).await,
        None => std::future::pending().await,
    }
}

fn print(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
