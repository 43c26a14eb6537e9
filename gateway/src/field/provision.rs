//! `vong provision`: identities for devices.

mod broker;
mod dev_fleet;
mod settings;

use std::process::ExitCode;

pub use dev_fleet::{DevFleet, Plan, Ports};

/// Issue identities: certificates, keys, and who may command whom
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    DevFleet(DevFleet),
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::DevFleet(args) => dev_fleet::run(&args),
    }
}
