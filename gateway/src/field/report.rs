//! `vong report`: what was requested and what was played, for a spreadsheet or a script.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;

use super::account::Account;
use super::places::save;
use super::when;

/// Reports of a ward box, over the console's API.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    account: Account,
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, clap::Subcommand)]
enum Report {
    Plays(Plays),
}

/// How much was requested and how much of it was played, for each cluster or ward and each month, quarter or
/// year.
///
/// Every cluster that an approved start was for is requested once, also if it was missed or held back:
/// requested = played + partial + missed + stopped + held back + not over. A play belongs to the month, and
/// to the ward, of its start by the ward's clock. For example:
///
///   vong report plays --by place --period quarter --from 2026-01-01 --to 2027-01-01 -o 2026.csv
///   vong report plays --by cluster --period month --format json | jq .total
///   vong report plays --not-played --from 2026-06-01 --to 2026-07-01 -o why.csv
///
/// Tables are CSV in UTF-8 with a byte order mark; titles that a spreadsheet would run get a quote in front.
///
/// Exit codes: 0 done, 1 refused (the reason is on stderr), 2 wrong usage.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct Plays {
    /// What a line is about.
    #[arg(long, default_value = "cluster", value_parser = ["cluster", "place"])]
    by: String,
    /// Which places are counted.
    #[arg(long, default_value = "ward", value_parser = ["city", "area", "ward", "zone"])]
    level: String,
    #[arg(long, default_value = "month", value_parser = ["month", "quarter", "year"])]
    period: String,
    /// The first day, such as 2026-01-01 [default: 1 January of this year].
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    from: Option<Date>,
    /// The first day that is not counted [default: tomorrow].
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    to: Option<Date>,
    #[arg(long, default_value = "csv", value_parser = ["csv", "json"])]
    format: String,
    /// Of the headings.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"])]
    lang: String,
    /// Semicolons between cells, as spreadsheets in Viet Nam want them.
    #[arg(long)]
    semicolon: bool,
    /// List what was not heard to its end instead of counting, a line for each cluster.
    #[arg(long)]
    not_played: bool,
    /// Where to [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Report::Plays(plays) = args.report;
    let Some(client) = args.account.log_in().await? else { return Ok(ExitCode::from(2)) };
    let report = client.download(&plays.path()).await;
    // The session would end by itself; a refused good-bye changes nothing.
    let _ = client.log_out().await;
    save(plays.output.as_deref(), &report?)?;
    Ok(ExitCode::SUCCESS)
}

impl Plays {
    fn path(&self) -> String {
        let delimiter = if self.semicolon { "semicolon" } else { "comma" };
        let day =
            |name: &str, it: Option<Date>| it.map(|it| format!("&{name}={it}")).unwrap_or_default();
        let (from, to) = (day("from", self.from), day("to", self.to));
        let shape =
            format!("format={}&lang={}&delimiter={delimiter}{from}{to}", self.format, self.lang);
        if self.not_played {
            return format!("reports/not-played?{shape}");
        }
        let Self { by, level, period, .. } = self;
        format!("reports/plays?by={by}&level={level}&period={period}&{shape}")
    }
}
