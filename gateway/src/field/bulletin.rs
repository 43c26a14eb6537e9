//! `vong bulletin`: what the console does with bulletins, for scripts and tests, over the same API.

pub(crate) mod client;
mod schedule;
mod template;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use base::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::Account;
use super::when;
use client::{Client, NewBulletin, Sound};
use schedule::Schedule;

/// Write, approve and schedule bulletins over the console's API. `help.txt` teaches it.
#[derive(Debug, clap::Args)]
#[command(
    about = "Write, approve and schedule bulletins over the console's API",
    long_about = include_str!("bulletin/help.txt")
)]
pub struct Args {
    #[command(flatten)]
    account: Account,
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
    /// Change a bulletin of any state. It becomes a draft again: approvals are void, and what was ordered is
    /// taken back.
    Edit(Edit),
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
    /// Take a bulletin out of the calendar: what sounds of it stops, and its approval stays.
    Unschedule { id: String },
    /// Texts with places to fill in, such as {giờ}.
    #[command(subcommand)]
    Template(template::Action),
    /// The newest bulletins first.
    List,
    /// One bulletin.
    Show { id: String },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The recording: MP3, M4A, FLAC, Ogg or WAV, 1 second to 1 hour.
    #[arg(
        value_name = "FILE",
        required_unless_present_any = ["say", "template"],
        conflicts_with_all = ["say", "template"]
    )]
    file: Option<PathBuf>,
    /// Speak this text instead of playing a recording.
    #[arg(long, value_name = "TEXT", conflicts_with = "template")]
    say: Option<String>,
    /// Speak this template of the ward, by its id.
    #[arg(long, value_name = "ID")]
    template: Option<String>,
    /// What to say in a place of the template: --fill giờ=17h30, once for each place.
    #[arg(long, value_name = "PLACE=WORDS", requires = "template", value_parser = template::filled)]
    fill: Vec<(String, String)>,
    /// Who speaks: north (unless the template says otherwise), central or south.
    #[arg(long, conflicts_with = "file")]
    voice: Option<String>,
    /// What the list shows.
    #[arg(long)]
    title: String,
    /// Where it plays: `all`, or cluster ids and `place:CODE` with commas between. Whom a place stands for is
    /// asked on the day of each play.
    #[arg(long, value_name = "TARGETS", alias = "targets")]
    to: String,
    /// normal: the ward chooses when. priority: goes first.
    #[arg(long, default_value = "normal", value_parser = ["normal", "priority"])]
    priority: String,
    /// Nothing of it plays from then on, such as 2026-09-02T18:00:00+07:00. Usual: never.
    #[arg(long, value_name = "TIME", value_parser = when::instant)]
    expires_at: Option<Timestamp>,
    /// When something more urgent comes: resume goes on afterwards where it was, restart begins again, skip
    /// is over, duck goes on quietly below. Usual: skip, of priority resume.
    #[arg(long, value_parser = ["resume", "restart", "skip", "duck"])]
    resume: Option<String>,
    /// How late a cluster may begin: 0s to the sound's length, which is usual.
    #[arg(long, value_name = "TIME", value_parser = span)]
    catch_up: Option<Duration>,
}

#[derive(Debug, clap::Args)]
#[group(id = "changes", required = true, multiple = true)]
struct Changes {
    /// What the list shows.
    #[arg(long)]
    title: Option<String>,
    /// Where it plays, as of `add`.
    #[arg(long, value_name = "TARGETS", alias = "targets")]
    to: Option<String>,
    /// How urgent it is, as of `add`.
    #[arg(long, value_parser = ["normal", "priority"])]
    priority: Option<String>,
    /// Nothing of it plays from then on, such as 2026-09-02T18:00:00+07:00.
    #[arg(long, value_name = "TIME", value_parser = when::instant)]
    expires_at: Option<Timestamp>,
    /// What becomes of it when something more urgent comes, as of `add`.
    #[arg(long, value_parser = ["resume", "restart", "skip", "duck"])]
    resume: Option<String>,
    /// How late a cluster may begin, as of `add`.
    #[arg(long, value_name = "TIME", value_parser = span)]
    catch_up: Option<Duration>,
}

#[derive(Debug, clap::Args)]
struct Edit {
    id: String,
    #[command(flatten)]
    changes: Changes,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Some(client) = args.account.log_in().await? else { return Ok(ExitCode::from(2)) };
    let answer = act(&client, args.action).await;
    // The session would end by itself; a refused good-bye changes nothing.
    let _ = client.log_out().await;
    print(&answer?, args.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn act(client: &Client, action: Action) -> anyhow::Result<Value> {
    match action {
        Action::Add(add) => client.add(add.bulletin()).await,
        Action::Edit(edit) => client.edit(&edit.id, &edit.changes.body()).await,
        Action::Submit { id } => client.step(&id, "submit", &json!({})).await,
        Action::Approve { id } => client.step(&id, "approve", &json!({})).await,
        Action::Reject { id, reason } => {
            client.step(&id, "reject", &json!({ "reason": reason })).await
        }
        Action::Schedule(schedule) => {
            let body = schedule.body(SystemClock.now())?;
            client.step(schedule.id(), "schedule", &body).await
        }
        Action::Unschedule { id } => client.step(&id, "unschedule", &json!({})).await,
        Action::Template(action) => action.run(client).await,
        Action::List => client.list().await,
        Action::Show { id } => client.show(&id).await,
    }
}

impl Add {
    fn bulletin(self) -> NewBulletin {
        let voice = self.voice;
        let sound = match (self.file, self.template) {
            (Some(file), _) => Sound::File(file),
            (None, Some(id)) => {
                Sound::Template { id, values: self.fill.into_iter().collect(), voice }
            }
            (None, None) => Sound::Speech {
                text: self.say.unwrap_or_default(),
                voice: voice.unwrap_or_else(|| "north".to_owned()),
            },
        };
        let (title, targets, priority) = (self.title, self.to, self.priority);
        let (expires_at, resume, catch_up) = (self.expires_at, self.resume, self.catch_up);
        NewBulletin { title, targets, priority, expires_at, resume, catch_up, sound }
    }
}

impl Changes {
    /// What is not given is not sent, and stays.
    fn body(&self) -> Value {
        let mut body = json!({});
        let expires_at = self.expires_at.map(|it| it.to_string());
        for (key, value) in [
            ("title", &self.title),
            ("targets", &self.to),
            ("priority", &self.priority),
            ("expires_at", &expires_at),
            ("resume", &self.resume),
        ] {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        if let Some(catch_up) = self.catch_up {
            body["catch_up_ms"] = json!(u64::try_from(catch_up.as_millis()).unwrap_or(u64::MAX));
        }
        body
    }
}

/// A length of time such as `2m` or `1m 30s`.
fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
    span.ok_or_else(|| "give a length of time such as 0s, 2m or 1m 30s".to_owned())
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
        for remark in remarks(item).filter(|_| !as_json) {
            writeln!(out, "  {remark}")?;
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
    if bulletin["state"].is_null() {
        return template::line(item);
    }
    let text = |field: &str| bulletin[field].as_str().unwrap_or("-").to_owned();
    format!("{}  {:9}  {}", text("id"), text("state"), text("title"))
}

/// What whoever wrote or approves it should know.
fn remarks(item: &Value) -> impl Iterator<Item = String> {
    let bulletin = item.get("bulletin").unwrap_or(item);
    [waits(bulletin), reading(bulletin), unknown(bulletin), repeats(bulletin)].into_iter().flatten()
}

/// That one more person must approve it, and why.
fn waits(bulletin: &Value) -> Option<String> {
    let missing = &bulletin["second_missing"];
    let at = when::local(missing["at"].as_str()?);
    let why = match missing["code"].as_str()? {
        "outside_hours" => "it would sound outside normal hours",
        "quiet_hours" => "it would sound in quiet hours",
        "weekend" => "it would sound on a weekend",
        other => other,
    };
    Some(format!("needs a second approver: {why}, {at}"))
}

/// Of a draft alone: who approves it reads it too, and a list of what is over need not be read.
fn reading(bulletin: &Value) -> Option<String> {
    let is_new = matches!(bulletin["state"].as_str(), Some("draft" | "submitted"));
    let words = bulletin["normalised"].as_str().filter(|_| is_new)?;
    Some(format!("will be read: {words}"))
}

fn unknown(bulletin: &Value) -> Option<String> {
    let words: Vec<&str> =
        bulletin["unknown_words"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| format!("read as they stand, listen to them: {}", words.join(", ")))
}

fn repeats(bulletin: &Value) -> Option<String> {
    let older = &bulletin["same_as"];
    Some(format!("the same programme as {} {:?}", older["id"].as_str()?, older["title"].as_str()?))
}

fn start_line(next: &Value) -> String {
    let at = next["at"].as_str().map_or_else(|| "-".to_owned(), when::local);
    match next["why"].as_str() {
        Some(why) => format!("{at}  held back: {why}"),
        None => format!("{at}  plays"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_sends_what_is_given_and_needs_something() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            edit: Edit,
        }
        let parse = |words: &[&str]| <Line as clap::Parser>::try_parse_from(words);
        let line = parse(&["edit", "0198", "--to", "place:20242", "--catch-up", "30s"]).unwrap();
        let body = json!({ "targets": "place:20242", "catch_up_ms": 30_000 });
        assert_eq!(line.edit.changes.body(), body);
        assert!(parse(&["edit", "0198"]).is_err());
    }

    #[test]
    fn a_line_begins_with_the_id() {
        let item =
            json!({ "id": "0198", "state": "draft", "title": "Bản tin", "places": ["20242"] });
        assert_eq!(line(&item), "0198  draft      Bản tin");
        assert_eq!(line(&json!({ "bulletin": item })), line(&item));
        let held = json!({ "at": "2026-01-05T21:45:00Z", "why": "quiet" });
        assert_eq!(start_line(&held), "2026-01-06 04:45:00 +07:00  held back: quiet");
    }

    #[test]
    fn whoever_is_to_answer_for_it_is_told_what_is_odd() {
        let item = json!({
            "state": "submitted",
            "normalised": "mười chín giờ",
            "unknown_words": ["XQZ"],
            "same_as": { "id": "0197", "title": "Tin cũ" },
            "second_missing": { "code": "weekend", "at": "2026-01-03T02:00:00Z" },
        });
        let said = [
            "needs a second approver: it would sound on a weekend, 2026-01-03 09:00:00 +07:00",
            "will be read: mười chín giờ",
            "read as they stand, listen to them: XQZ",
            "the same programme as 0197 \"Tin cũ\"",
        ];
        assert_eq!(remarks(&item).collect::<Vec<_>>(), said);
        let plain = json!({ "state": "scheduled", "normalised": "mười", "unknown_words": [] });
        assert_eq!(remarks(&plain).count(), 0);
    }
}
