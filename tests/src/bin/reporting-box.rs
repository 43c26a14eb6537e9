//! A box without cameras: records numbered events at a steady rate and reports them, until it is
//! killed. Prints `ok N` when an event is on its disk, `full` when the disk refused it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use gateway::clock_trust::ClockTrust;
use gateway::report::health::Health;
use gateway::report::topics::Sender;
use gateway::report::uplink::{UplinkSettings, uplink};
use gateway::report::{self, Kind, NewEvent, Reporter, ReporterSettings};
use gateway::store::{Store, StoreError};
use provisioning::{CertificateTime, Identity};
use tokio_util::sync::CancellationToken;

const STEPS: &[&str] = &[report::SCHEMA];
const KINDS: [Kind; 4] =
    [Kind::AlertRaised, Kind::AlertUpdated, Kind::CameraOffline, Kind::BroadcastPlayed];

struct Args {
    identity: PathBuf,
    data_dir: PathBuf,
    port: u16,
    n_events: u64,
    every: Duration,
}

fn args() -> Args {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().expect("identity data_dir port n_events every_ms");
    Args {
        identity: next().into(),
        data_dir: next().into(),
        port: next().parse().expect("a port"),
        n_events: next().parse().expect("a number of events"),
        every: Duration::from_millis(next().parse().expect("milliseconds")),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { identity, data_dir, port, n_events, every } = args();
    let clock = Arc::new(SystemClock);
    let (store, thread) = Store::open(&data_dir.join("vong.db"), STEPS)?;
    let time = Arc::new(CertificateTime::new(clock.clone(), data_dir.join("last-good-time")));
    let identity = Identity::load(&identity, time.now())?;
    let settings = ReporterSettings {
        device: identity.device().clone(),
        site: "da-nang/hai-chau/cau-tre".to_owned(),
        clock,
        trust: ClockTrust::new(true),
        bound: Default::default(),
    };
    let reporter = Reporter::open(&store, &thread, settings).await?;
    let settings = UplinkSettings {
        topics: Sender::of_box(identity.device().clone()),
        host: "127.0.0.1".to_owned(),
        port,
        tls: identity.client_config(&"centre".parse()?, time),
        capabilities: vec!["test".to_owned()],
        data_dir,
    };
    let stop = CancellationToken::new();
    let uplink = uplink(settings, reporter.clone(), Health::default(), stop);
    let (link, task, commands) = (uplink.link, uplink.task, uplink.commands);
    tokio::join!(link.run(), task.run(), record(reporter, n_events, every));
    drop(commands);
    Ok(())
}

async fn record(reporter: Reporter, n_events: u64, every: Duration) {
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(1)));
    for n in 0..n_events {
        ticks.tick().await;
        let kind = KINDS[usize::try_from(n).unwrap() % KINDS.len()];
        let data = serde_json::json!({ "n": n, "padding": "x".repeat(700) });
        loop {
            let event = NewEvent { kind, occurred_at: SystemClock.now(), data: data.clone() };
            match reporter.record(event).await {
                Ok(_) => break println!("ok {n}"),
                Err(StoreError::Full(_)) => {
                    println!("full");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(err) => panic!("{err}"),
            }
        }
    }
    println!("done");
}
