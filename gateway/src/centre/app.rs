//! Builds the centre's parts, connects them, and stops them in order.
//!
//! Sources: the link, the clock's follower, the watch for gaps. Everything else ends when its input
//! closes: link -> receiver -> fleet -> store and printer.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base::{Clock, SystemClock, Tasks};
use provisioning::CertificateTime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::fleet::{self, Fleet};
use super::line::Format;
use super::printer::Printer;
use super::{SCHEMA, enrol};
use crate::clock_trust::{self, ClockTrust};
use crate::report::link::{LinkSettings, link};
use crate::report::receiver::{Keep, Receiver};
use crate::store::Store;
use crate::{config, report};

const STEPS: &[&str] = &[report::SCHEMA, SCHEMA];
/// Less than systemd's TimeoutStopSec.
const GRACE: Duration = Duration::from_secs(10);
/// How long events may be on their way before they are called missing.
const GAPS_EVERY: Duration = Duration::from_secs(60);
const REMEMBER_TIME_EVERY: Duration = Duration::from_secs(600);

pub(super) async fn run(
    config: config::Centre,
    format: Format,
    out: impl Write + Send + 'static,
    interrupted: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, store_thread) = Store::open(&config.data_dir.join("vong.db"), STEPS)?;
    let last_good = config.data_dir.join("last-good-time");
    let time = Arc::new(CertificateTime::new(Arc::clone(&clock), last_good));
    let identity = enrol::identity(&config, time.now())?;
    let printer = Printer::start(out).context("the printer's thread")?;

    let stop = CancellationToken::new();
    let mut tasks = Tasks::default();
    let trust = ClockTrust::new(config.clock == config::ClockTrust::Host);
    if config.clock == config::ClockTrust::Ntp {
        tasks.spawn("clock", clock_trust::follow_ntp(trust.clone(), stop.clone()));
    }
    tasks.spawn("time", remember_time(time.clone(), trust, clock.clone(), stop.clone()));
    tasks.spawn("gaps", watch_gaps(store.clone(), stop.clone()));

    let settings = LinkSettings {
        tls: identity.client_config(&config.device, time),
        host: config.broker.host,
        port: config.broker.port,
        subscriptions: vec!["vong/v1/+/up/#".to_owned(), "vong/v1/+/loa/+/up/#".to_owned()],
        presence: None,
        ping_topic: format!("vong/v1/{}/up/ping", config.device),
        device: config.device,
    };
    let (link, events, link_task) = link(settings, stop.clone());
    tasks.spawn("link", link_task.run());
    let (notices_tx, notices) = mpsc::channel(fleet::NOTICES);
    let listener = Fleet { format, printer: printer.clone(), notices: notices_tx };
    let (keep, listener) = (Keep::Everything, Arc::new(listener));
    let receiver = Receiver { store: store.clone(), link, clock: clock.clone(), listener, keep };
    tasks.spawn("receiver", receiver.run(events));
    tasks.spawn("fleet", fleet::follow(store.clone(), clock, format, printer, notices));
    drop(store);
    tasks.spawn("store", store_thread.ended());

    let ended_early = tokio::select! {
        () = interrupted => None,
        task = tasks.next_end() => Some(task),
    };
    info!("stopping");
    stop.cancel();
    tasks.join(GRACE).await;
    match ended_early {
        None => Ok(()),
        // Tasks retry what can fail, so this is a bug or a damaged file: the next start is clean.
        Some(task) => bail!("task {task} ended early"),
    }
}

async fn watch_gaps(store: Store, stop: CancellationToken) {
    let mut every = tokio::time::interval(GAPS_EVERY);
    let mut before = Vec::new();
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        fleet::lasting_gaps(&store, &mut before).await;
    }
}

/// A board that boots without a clock starts from the last time we knew.
async fn remember_time(
    time: Arc<CertificateTime>,
    trust: ClockTrust,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut every = tokio::time::interval(REMEMBER_TIME_EVERY);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        if trust.is_trusted()
            && let Err(err) = time.remember(clock.now())
        {
            warn!(error = %err, "the last good time was not written");
        }
    }
}
