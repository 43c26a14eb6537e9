//! Builds the centre's parts, connects them, and stops them in order.
//!
//! Sources: the link, the clock's follower, the watch for gaps. Everything else ends when its input
//! closes: link -> receiver -> fleet -> store and printer.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::fleet::{self, Fleet};
use super::line::Format;
use super::printer::Printer;
use super::{SCHEMA, enrol};
use crate::daemon::{Daemon, Heartbeat, Progress};
use crate::report::link::{LinkSettings, link};
use crate::report::receiver::{Keep, Receiver};
use crate::store::Store;
use crate::{config, report};

const STEPS: &[&str] = &[report::SCHEMA, SCHEMA, report::SCHEMA_AUDIT];
/// How long events may be on their way before they are called missing.
const GAPS_EVERY: Duration = Duration::from_mins(1);

pub(super) async fn run(
    config: config::Centre,
    format: Format,
    out: impl Write + Send + 'static,
    interrupted: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let mut daemon = Daemon::new(&config.data_dir, Some(config.clock));
    let (store, store_thread) = Store::open(&config.data_dir.join("vong.db"), STEPS)?;
    let identity = enrol::identity(&config, daemon.time.now())?;
    let printer = Printer::start(out).context("the printer's thread")?;

    let clock = daemon.clock.clone();
    let settings = LinkSettings {
        tls: identity.client_config(&config.broker.server_name, daemon.time.clone()),
        host: config.broker.host,
        port: config.broker.port,
        subscriptions: vec!["vong/v1/+/up/#".to_owned(), "vong/v1/+/loa/+/up/#".to_owned()],
        presence: None,
        ping_topic: format!("vong/v1/{}/up/ping", config.device),
        device: config.device,
    };
    let (link, events, link_task) = link(settings, daemon.stop.clone());
    let (notices_tx, notices) = mpsc::channel(fleet::NOTICES);
    let listener = Fleet { format, printer: printer.clone(), notices: notices_tx };
    let (keep, listener) = (Keep::Everything, Arc::new(listener));
    let heart = Heartbeat::default();
    let progress = vec![Progress::of("receiver", &heart)];
    let receiver =
        Receiver { store: store.clone(), link, clock: clock.clone(), listener, keep, heart };

    daemon.feed_watchdog(store.clone(), progress);
    let Daemon { tasks, stop, .. } = &mut daemon;
    tasks.spawn("gaps", watch_gaps(store.clone(), stop.clone()));
    tasks.spawn("link", link_task.run());
    tasks.spawn("receiver", receiver.run(events));
    tasks.spawn("fleet", fleet::follow(store, clock, format, printer, notices));
    tasks.spawn("store", store_thread.ended());
    daemon.run_until(interrupted).await
}

async fn watch_gaps(store: Store, stop: CancellationToken) {
    let mut every = tokio::time::interval(GAPS_EVERY);
    let mut before = Vec::new();
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        fleet::lasting_gaps(&store, &mut before).await;
    }
}
