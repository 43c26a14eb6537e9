//! Where log lines go: to the journal with their fields under systemd, else to stderr as text.
//! Never to stdout, which belongs to what a command prints.

use std::io::{self, IsTerminal as _};

use systemd_journal_logger::JournalLog;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// What is logged unless `VONG_LOG` says otherwise. Libraries speak up only when degraded.
const DEFAULT_FILTER: &str = "warn,gateway=info,media=info,models=info,broadcast=info";

/// Sends all tracing events to the journal or to stderr. Call once, before anything logs.
pub(crate) fn init() {
    let filter =
        EnvFilter::try_from_env("VONG_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter);
    if systemd_journal_logger::connected_to_journal()
        && let Ok(journal) = JournalLog::new()
    {
        registry.with(Journal(journal.with_syslog_identifier("vong".to_owned()))).init();
    } else {
        registry
            .with(
                fmt::layer()
                    .with_writer(io::stderr)
                    .with_ansi(io::stderr().is_terminal())
                    .with_target(false),
            )
            .init();
    }
}

/// Maps an event's fields to the journal's, which tracing's own `log` bridge flattens into text.
struct Journal(JournalLog);

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let mut builder = log::Record::builder();
        builder
            .level(level(*metadata.level()))
            .target(metadata.target())
            .module_path(metadata.module_path())
            .file(metadata.file())
            .line(metadata.line())
            .key_values(&fields.others);
        // A journal that refuses a line must not stop the box; there is nowhere else to say it.
        let _ = self.0.journal_send(&builder.args(format_args!("{}", fields.message)).build());
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.others.push((field.name(), value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn level(level: Level) -> log::Level {
    match level {
        Level::ERROR => log::Level::Error,
        Level::WARN => log::Level::Warn,
        Level::INFO => log::Level::Info,
        Level::DEBUG => log::Level::Debug,
        Level::TRACE => log::Level::Trace,
    }
}
