//! `vong bulletin`: what the console does with bulletins, for scripts and tests, over the same API.

pub(crate) mod client;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base::{Clock as _, Secret, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use client::{Client, NewBulletin, Sound};

const DEFAULT_CONSOLE: &str = "https://127.0.0.1:8443";

/// Write, approve and schedule bulletins over the console's API. `help.txt` teaches it.
#[derive(Debug, clap::Args)]
#[command(
    about = "Write, approve and schedule bulletins over the console's API",
    long_about = include_str!("bulletin/help.txt")
)]
pub struct Args {
    /// Address of the box's console [default: $`VONG_CONSOLE`, else this machine, port 8443].
    #[arg(long, value_name = "URL", global = true)]
    console: Option<String>,
    /// The fleet's authority, the only thing that is trusted: ca.pem of any identity folder
    /// [default: $`VONG_CA`, else ca.pem].
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<PathBuf>,
    /// Account name [default: $`VONG_USER`].
    #[arg(long, global = true)]
    user: Option<String>,
    /// File with the password. $`VONG_PASSWORD` is used without it.
    #[arg(long, value_name = "FILE", global = true)]
    password_file: Option<PathBuf>,
    /// Print the server's answer as JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Hand in a recording or a text. It is checked, brought to the house's loudness and encoded.
    Add(Add),
    /// Hand a draft to the approvers.
    Submit { id: String },
    /// Answer for it: listen first. Not by whoever wrote it.
    Approve { id: String },
    /// Send it back to its author.
    Reject {
        id: String,
        /// What the author should change.
        #[arg(long)]
        reason: String,
    },
    /// Put an approved bulletin into the calendar, in place of its last entry.
    Schedule(Schedule),
    /// The newest bulletins first.
    List,
    /// One bulletin.
    Show { id: String },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The recording: MP3, M4A, FLAC, Ogg or WAV, 1 second to 1 hour.
    #[arg(value_name = "FILE", required_unless_present = "say", conflicts_with = "say")]
    file: Option<PathBuf>,
    /// Speak this text instead of playing a recording.
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
    /// Who speaks: north, central or south.
    #[arg(long, default_value = "north", requires = "say")]
    voice: String,
    /// What the list shows.
    #[arg(long)]
    title: String,
    /// Where it plays: `all`, or cluster ids with commas between.
    #[arg(long, value_name = "CLUSTERS")]
    to: String,
    /// normal: the ward chooses when. priority: goes first.
    #[arg(long, default_value = "normal", value_parser = ["normal", "priority"])]
    priority: String,
}

#[derive(Debug, clap::Args)]
struct Schedule {
    id: String,
    /// An instant such as 2026-09-02T06:30:00+07:00, or a delay such as +90s by this machine's clock.
    /// At least 5 s ahead.
    #[arg(long, value_name = "T", required_unless_present = "rrule", conflicts_with = "rrule")]
    at: Option<String>,
    /// An RFC 5545 rule, its lines separated by \n; see the example above.
    #[arg(long, value_name = "RULE")]
    rrule: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Some(user) = args.user.or_else(|| variable("VONG_USER")) else {
        tracing::error!("whose account? give --user, or set VONG_USER");
        return Ok(ExitCode::from(2));
    };
    let console = args.console.or_else(|| variable("VONG_CONSOLE"));
    let console = console.unwrap_or_else(|| DEFAULT_CONSOLE.to_owned());
    let ca = args.ca.or_else(|| variable("VONG_CA").map(PathBuf::from));
    let password = password(args.password_file.as_ref())?;
    let mut client = Client::connect(&console, &ca.unwrap_or_else(|| "ca.pem".into()))?;
    client.log_in(&user, &password).await?;
    let answer = act(&client, args.action).await;
    // The session would end by itself; a refused good-bye changes nothing.
    let _ = client.log_out().await;
    print(&answer?, args.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn act(client: &Client, action: Action) -> anyhow::Result<Value> {
    match action {
        Action::Add(add) => client.add(add.bulletin()).await,
        Action::Submit { id } => client.step(&id, "submit", &json!({})).await,
        Action::Approve { id } => client.step(&id, "approve", &json!({})).await,
        Action::Reject { id, reason } => {
            client.step(&id, "reject", &json!({ "reason": reason })).await
        }
        Action::Schedule(schedule) => {
            let body = schedule.body(SystemClock.now())?;
            client.step(&schedule.id, "schedule", &body).await
        }
        Action::List => client.list().await,
        Action::Show { id } => client.show(&id).await,
    }
}

impl Add {
    fn bulletin(self) -> NewBulletin {
        let sound = match (self.file, self.say) {
            (Some(file), _) => Sound::File(file),
            (None, text) => Sound::Speech { text: text.unwrap_or_default(), voice: self.voice },
        };
        NewBulletin { title: self.title, targets: self.to, priority: self.priority, sound }
    }
}

impl Schedule {
    fn body(&self, now: Timestamp) -> anyhow::Result<Value> {
        if let Some(rule) = &self.rrule {
            return Ok(json!({ "rrule": rule.replace("\\n", "\n") }));
        }
        let text = self.at.as_deref().unwrap_or_default();
        let at = match text.strip_prefix('+') {
            Some(delay) => {
                let delay: SignedDuration =
                    delay.parse().with_context(|| format!("--at {text} is not a delay"))?;
                now.checked_add(delay).context("--at is too far ahead")?
            }
            None => text.parse().with_context(|| format!("--at {text} is not an instant"))?,
        };
        Ok(json!({ "at": format!("{at:.3}") }))
    }
}

fn password(file: Option<&PathBuf>) -> anyhow::Result<Secret<String>> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the password file {} cannot be read", file.display()))?;
        return Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    match variable("VONG_PASSWORD") {
        Some(password) => Ok(Secret::new(password)),
        None => bail!("no password: give --password-file, or set VONG_PASSWORD"),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

fn print(answer: &Value, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // A list comes alone or under its name, a step's answer likewise.
    let listed = answer.get("bulletins").unwrap_or(answer);
    let items: &[Value] = match listed {
        Value::Array(items) => items,
        Value::Null => &[],
        one @ (Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
            std::slice::from_ref(one)
        }
    };
    for item in items {
        if as_json {
            writeln!(out, "{item}")?;
        } else {
            writeln!(out, "{}", line(item))?;
        }
        for next in item["next"].as_array().into_iter().flatten().filter(|_| !as_json) {
            writeln!(out, "  {}", start_line(next))?;
        }
    }
    out.flush()
}

/// `id  state  title`, the id first and alone for `cut` and `awk`.
fn line(item: &Value) -> String {
    let bulletin = item.get("bulletin").unwrap_or(item);
    let text = |field: &str| bulletin[field].as_str().unwrap_or("-").to_owned();
    format!("{}  {:9}  {}", text("id"), text("state"), text("title"))
}

fn start_line(next: &Value) -> String {
    let at = next["at"].as_str().unwrap_or("-");
    match next["why"].as_str() {
        Some(why) => format!("{at}  held back: {why}"),
        None => format!("{at}  plays"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(at: Option<&str>, rrule: Option<&str>) -> Schedule {
        let owned = |it: Option<&str>| it.map(str::to_owned);
        Schedule { id: "7".to_owned(), at: owned(at), rrule: owned(rrule) }
    }

    #[test]
    fn a_schedule_is_an_instant_a_delay_or_a_rule() {
        let now = "2026-01-05T00:00:00Z".parse().unwrap();
        let body = |at, rule| schedule(at, rule).body(now).unwrap();
        let local = Some("2026-01-05T08:00:00+07:00");
        assert_eq!(body(local, None), json!({ "at": "2026-01-05T01:00:00.000Z" }));
        assert_eq!(body(Some("+90s"), None), json!({ "at": "2026-01-05T00:01:30.000Z" }));
        let rule = Some(r"DTSTART:20260105T063000\nRRULE:FREQ=DAILY");
        let lines = "DTSTART:20260105T063000\nRRULE:FREQ=DAILY";
        assert_eq!(body(None, rule), json!({ "rrule": lines }));
        let refused = schedule(Some("now"), None).body(now).unwrap_err();
        assert_eq!(refused.to_string(), "--at now is not an instant");
    }

    #[test]
    fn a_line_begins_with_the_id() {
        let item = json!({ "id": "0198", "state": "draft", "title": "Bản tin" });
        assert_eq!(line(&item), "0198  draft      Bản tin");
        assert_eq!(line(&json!({ "bulletin": item })), line(&item));
        let held = json!({ "at": "2026-01-05T21:45:00Z", "why": "quiet" });
        assert_eq!(start_line(&held), "2026-01-05T21:45:00Z  held back: quiet");
    }
}
