//! `vong run`, the ward box: cameras, broadcasts, its clusters, and what it reports.

pub mod alert;
mod app;
pub mod broadcast;
pub mod camera;
pub mod clusters;
mod commands;
pub mod content;
pub mod detector;
pub mod evidence;
pub mod proof;
pub mod record;
pub mod retention;
pub mod room;
pub mod rules;
pub(crate) mod sight;
pub mod timekeeper;
mod vigil;

pub(crate) use app::{STEPS as SCHEMA_STEPS, planning};

use std::path::PathBuf;
use std::process::ExitCode;

/// Run the ward box: watch cameras, plan and order broadcasts, report to the centre, serve the console.
///
/// Everything that must not be lost is in `data_dir/vong.db` before it is said; pictures lie in
/// `data_dir/pictures`, prepared audio in `data_dir/content`. At the first start the log shows a link
/// that makes the console's first user.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The box's configuration, see `vong config-schema box`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = crate::config::Ward::read(&args.config)?;
    app::run(config, crate::signals::interrupted()).await?;
    Ok(ExitCode::SUCCESS)
}
