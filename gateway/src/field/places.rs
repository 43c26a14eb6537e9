//! `vong places`: the ward's table of places, between a spreadsheet and the box.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use broadcast::place;
use jiff::civil::Date;
use serde_json::Value;

use super::account::Account;

/// Check, import, export and show the table of places. `help.txt` teaches it.
#[derive(Debug, clap::Args)]
#[command(
    about = "Check, import, export and show the table of places",
    long_about = include_str!("places/help.txt")
)]
pub struct Args {
    #[command(flatten)]
    account: Account,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say what is wrong with a table. Asks no box.
    Check { file: PathBuf },
    /// Take a table in the place of the last one, whole or not at all.
    Import { file: PathBuf },
    /// Write the table that the box has.
    Export {
        /// Where to [default: stdout].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Semicolons between cells, as spreadsheets in Viet Nam want them.
        #[arg(long)]
        semicolon: bool,
    },
    /// What holds on a day, as JSON lines.
    List {
        /// Such as 2025-07-01 [default: today].
        #[arg(long, value_name = "DAY")]
        on: Option<Date>,
    },
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Action::Check { file } = &args.action {
        return check(file);
    }
    let Some(client) = args.account.log_in().await? else { return Ok(ExitCode::from(2)) };
    let done = match args.action {
        Action::Check { .. } => Ok(()),
        Action::Import { file } => match read(&file) {
            Ok(table) => client.put_table("places", table).await.and_then(|it| imported(&it)),
            Err(err) => Err(err),
        },
        Action::Export { output, semicolon } => {
            let delimiter = if semicolon { "semicolon" } else { "comma" };
            let table = client.download(&format!("places/table?delimiter={delimiter}")).await;
            table.and_then(|it| save(output.as_deref(), &it))
        }
        Action::List { on } => {
            let query = on.map(|it| format!("?on={it}")).unwrap_or_default();
            client.get(&format!("places{query}")).await.and_then(|it| list(&it))
        }
    };
    // The session would end by itself; a refused good-bye changes nothing.
    let _ = client.log_out().await;
    done?;
    Ok(ExitCode::SUCCESS)
}

fn check(file: &Path) -> anyhow::Result<ExitCode> {
    match place::read(&read(file)?) {
        Ok(tree) => {
            let (name, n_rows) = (file.display(), tree.rows().len());
            writeln!(std::io::stdout(), "{name}: a good table of {n_rows} lines")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in problems {
                tracing::error!("{}: {problem}", file.display());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("reading {}", file.display()))
}

fn imported(answer: &Value) -> anyhow::Result<()> {
    let n_places = answer["places"].as_array().map_or(0, Vec::len);
    writeln!(std::io::stdout(), "revision {}, {n_places} places today", answer["revision"])?;
    for cluster in answer["unplaced"].as_array().into_iter().flatten() {
        tracing::warn!("{} hangs on no place today", cluster.as_str().unwrap_or_default());
    }
    Ok(())
}

fn list(answer: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for place in answer["places"].as_array().into_iter().flatten() {
        writeln!(out, "{place}")?;
    }
    Ok(())
}

/// To a file, or to stdout.
pub(super) fn save(output: Option<&Path>, bytes: &[u8]) -> anyhow::Result<()> {
    match output {
        Some(file) => {
            std::fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
        }
        None => Ok(std::io::stdout().write_all(bytes)?),
    }
}
