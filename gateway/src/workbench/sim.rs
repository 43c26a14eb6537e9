//! `vong sim ...`: stand-ins that speak the real protocols, for development and for sizing hardware.

mod camera;
mod dice;
mod link;
mod notation;
mod speakers;

use std::process::ExitCode;

/// Stand-ins that speak the real protocols: for trying things out, and for sizing hardware.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Camera(camera::Args),
    Link(link::Args),
    Speakers(speakers::Args),
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Camera(args) => camera::run(args),
        What::Link(args) => link::run(args),
        What::Speakers(args) => speakers::run(&args),
    }
}
