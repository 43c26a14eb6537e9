//! `vong centre`: the fleet's authority, and the durable end of everything that is reported.

mod app;
mod enrol;
mod fleet;
mod line;
mod printer;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;

/// The tables of this role, besides the reporting's.
const SCHEMA: &str = include_str!("centre/schema.sql");

/// Run the operations centre: receive everything that boxes and loudspeakers report, once each.
///
/// Subscribes on the centre's broker, stores each event in its database, acknowledges it after the
/// commit, and prints one line per event on stdout; log lines go to stderr. For an alert the line
/// ends with the time from the picture to the commit, for a play with the skew between clusters.
///
/// At the first start, where the folder of [identity] does not exist, the centre makes the fleet's
/// authority, its own identity, and the certificate of its broker in the folders `authority` and
/// `broker` of its data folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The centre's configuration, see `vong config-schema centre`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Print JSON objects, one a line, instead of text.
    #[arg(long)]
    pub json: bool,
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = config::Centre::read(&args.config)?;
    let format = if args.json { line::Format::Json } else { line::Format::Text };
    app::run(config, format, io::stdout(), crate::signals::interrupted()).await?;
    Ok(ExitCode::SUCCESS)
}
