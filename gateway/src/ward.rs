//! `vong run`, the ward box: cameras, broadcasts, its clusters, and what it reports.

#[cfg(all(feature = "gst", feature = "onnx"))]
mod app;
pub mod broadcast;
#[cfg(feature = "gst")]
pub mod camera;
pub mod clusters;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod commands;
pub mod content;
#[cfg(feature = "gst")]
pub mod detector;
#[cfg(feature = "gst")]
pub mod record;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod sight;
pub mod timekeeper;

#[cfg(all(feature = "gst", feature = "onnx"))]
use std::path::PathBuf;
#[cfg(all(feature = "gst", feature = "onnx"))]
use std::process::ExitCode;

/// Run the ward box: watch cameras, plan and order broadcasts, report to the centre, serve the console.
///
/// Everything that must not be lost is in `data_dir/vong.db` before it is said; pictures lie in
/// `data_dir/pictures`, prepared audio in `data_dir/content`. At the first start the log shows a link
/// that makes the console's first user.
#[cfg(all(feature = "gst", feature = "onnx"))]
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The box's configuration, see `vong config-schema box`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs until SIGTERM or SIGINT.
#[cfg(all(feature = "gst", feature = "onnx"))]
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = crate::config::Ward::read(&args.config)?;
    app::run(config, crate::signals::interrupted()).await?;
    Ok(ExitCode::SUCCESS)
}
