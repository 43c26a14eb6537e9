//! `vong speaker`: a loudspeaker cluster. Obeys signed orders, fetches their content ahead, and plays
//! it in step with its neighbours, with every link cut if need be.

mod app;
mod cache;
mod clock;
mod driver;
mod event;
mod fetch;
mod intake;
mod journal;
mod mute;
mod relay;
mod row;
mod shelf;
mod sink;
mod site;
mod stamp;
mod timesync;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::config;

pub use app::run_with;
pub use clock::{DriftingClock, SteadyClock};

/// The tables of this role, besides the reporting's.
const SCHEMA: &str = include_str!("speaker/schema.sql");
const SCHEMA_BARS: &str = include_str!("speaker/schema_bars.sql");
const SCHEMA_SOUNDS: &str = include_str!("speaker/schema_sounds.sql");
const SCHEMA_MUTE: &str = include_str!("speaker/schema_mute.sql");
const SCHEMA_SHELF: &str = include_str!("speaker/schema_shelf.sql");

/// Run a loudspeaker cluster: a board with an amplifier, or a stand-in that plays into WAV files.
///
/// Connects to its box: orders and receipts over MQTT, content and keys over HTTPS, time over UDP,
/// all with its own certificate. Plays only what is signed, approved, whole and in time, from its own
/// cache; quiet hours are kept here too. With sink = "wav" each play becomes a WAV file and a JSON
/// note of when its first sample was due and came.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's configuration, see `vong config-schema speaker`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs until SIGTERM or SIGINT. One thread does: a cluster has little to do at once, and little
/// memory.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = config::Speaker::read(&args.config)?;
    run_with(config, Arc::new(SteadyClock), crate::signals::interrupted()).await?;
    Ok(ExitCode::SUCCESS)
}
