//! The command line: one line here and one file elsewhere for each subcommand.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Problems, Role};
#[cfg(all(feature = "gst", feature = "onnx"))]
use crate::engine;
#[cfg(feature = "gst")]
use crate::speaker;
#[cfg(all(feature = "gst", feature = "onnx"))]
use crate::ward;
use crate::{centre, field, workbench};

/// `sysexits.h` has 78 for this; the design fixes 64.
const BAD_CONFIGURATION: u8 = 64;

/// Vọng, the gateway of a ward: it watches street cameras, plays broadcasts on loudspeakers in
/// step, and reports to the operations centre.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 64 wrong configuration. Log lines go to the journal
/// or to stderr; `VONG_LOG` chooses them, for example `VONG_LOG=debug`.
#[derive(Debug, Parser)]
#[command(name = "vong", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(all(feature = "gst", feature = "onnx"))]
    Run(ward::Args),
    #[cfg(feature = "gst")]
    Speaker(speaker::Args),
    Centre(centre::Args),
    Bulletin(field::bulletin::Args),
    Places(field::places::Args),
    Report(field::report::Args),
    Audit(field::audit::Args),
    Provision(field::provision::Args),
    #[cfg(feature = "onnx")]
    Detect(workbench::detect::Args),
    Plan(workbench::plan::Args),
    Say(workbench::say::Args),
    Library(workbench::library::Args),
    CheckConfig(CheckConfig),
    ConfigSchema(ConfigSchema),
    #[cfg(all(feature = "gst", feature = "onnx"))]
    Bench(workbench::bench::Args),
    #[cfg(feature = "sim")]
    Sim(workbench::sim::Args),
    #[cfg(all(feature = "gst", feature = "onnx"))]
    #[command(hide = true)]
    SelfTestDetector(engine::self_test::Args),
}

/// Check a configuration file and name every problem at once, by its key.
///
/// Does what the daemon does with its file before it starts, and starts nothing: no broker, camera
/// or certificate is asked. For example:
///
///   vong check-config /etc/vong/vong.toml && systemctl restart vong
///
/// Exit codes: 0 good (stdout says whose file it is), 64 wrong (stderr has a line for each key), 2
/// wrong usage.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct CheckConfig {
    /// The file: of a box, a loudspeaker or the centre (its sections tell which).
    file: PathBuf,
}

/// Print the JSON Schema of a configuration file, for editors.
///
/// It describes every key: what it means, and what holds without it. For example:
///
///   vong config-schema box > vong.schema.json
///   vong config-schema speaker | jq '."$defs".Sound.properties'
///
/// With `#:schema vong.schema.json` as the first line of vong.toml, editors that use Taplo complete
/// its keys and mark what is wrong.
///
/// Exit codes: 0 printed, 2 wrong usage. Nothing but the schema goes to stdout.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct ConfigSchema {
    /// Whose file.
    #[arg(value_enum, default_value = "box")]
    role: Role,
}

/// Parses the arguments, runs what they name, and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::log::init();
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(err) => failed(&err),
    }
}

fn failed(err: &anyhow::Error) -> ExitCode {
    if let Some(problems) = err.chain().find_map(|it| it.downcast_ref::<Problems>()) {
        // A line for each: the journal cuts long ones, and people read down.
        tracing::error!("{err}:");
        for problem in problems.to_string().lines() {
            tracing::error!("{problem}");
        }
        return ExitCode::from(BAD_CONFIGURATION);
    }
    // `vong detect ... | head`: whoever reads has enough. A broken connection comes with a context.
    let is_broken_pipe = |it: &std::io::Error| it.kind() == std::io::ErrorKind::BrokenPipe;
    if err.chain().count() == 1 && err.downcast_ref().is_some_and(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    tracing::error!("{err:#}");
    ExitCode::FAILURE
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(all(feature = "gst", feature = "onnx"))]
        Command::Run(args) => on_two_threads(ward::run(args)),
        #[cfg(feature = "gst")]
        Command::Speaker(args) => on_one_thread(speaker::run(args)),
        Command::Centre(args) => on_two_threads(centre::run(args)),
        Command::Bulletin(args) => on_one_thread(field::bulletin::run(args)),
        Command::Places(args) => on_one_thread(field::places::run(args)),
        Command::Report(args) => on_one_thread(field::report::run(args)),
        Command::Audit(args) => field::audit::run(&args),
        Command::Provision(args) => field::provision::run(args),
        #[cfg(feature = "onnx")]
        Command::Detect(args) => workbench::detect::run(&args),
        Command::Plan(args) => workbench::plan::run(&args),
        Command::Say(args) => on_one_thread(workbench::say::run(args)),
        Command::Library(args) => workbench::library::run(&args),
        Command::CheckConfig(args) => check_config(&args),
        Command::ConfigSchema(args) => config_schema(&args),
        #[cfg(all(feature = "gst", feature = "onnx"))]
        Command::Bench(args) => workbench::bench::run(&args),
        #[cfg(feature = "sim")]
        Command::Sim(args) => workbench::sim::run(args),
        #[cfg(all(feature = "gst", feature = "onnx"))]
        Command::SelfTestDetector(args) => engine::self_test::run(&args),
    }
}

/// Two threads serve a box's or the centre's connections; inference, decoding and the store have
/// threads of their own.
fn on_two_threads(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build()?.block_on(command)
}

/// A cluster has little to do at once, and little memory; a command waits for one answer.
fn on_one_thread(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

fn check_config(args: &CheckConfig) -> anyhow::Result<ExitCode> {
    let role = config::check(&args.file)?;
    let what = match role {
        Role::Box => "a box",
        Role::Speaker => "a loudspeaker cluster",
        Role::Centre => "the centre",
    };
    writeln!(std::io::stdout(), "{}: a good configuration of {what}", args.file.display())?;
    Ok(ExitCode::SUCCESS)
}

fn config_schema(args: &ConfigSchema) -> anyhow::Result<ExitCode> {
    let schema = serde_json::to_string_pretty(&config::schema(args.role))?;
    writeln!(std::io::stdout(), "{schema}")?;
    Ok(ExitCode::SUCCESS)
}
