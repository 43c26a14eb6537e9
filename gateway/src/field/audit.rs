//! `vong audit check`: whether the audit logs that a centre received are whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::report::chain::{self, Broken};
use crate::report::received::{Logged, audit_log};

/// Check the audit logs that boxes reported
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Follow the chain of each box's audit log: every entry names the hash of the one before
    ///
    /// Reads the centre's database and changes nothing; the centre may run meanwhile. One JSON object a
    /// line for each box: how many entries, the hash of the newest (the box keeps the same one), which
    /// numbers never came, and the first entry that does not follow from the one before. The exit code is
    /// 1 when there is such an entry.
    Check {
        /// The centre's data folder, or its vong.db.
        path: PathBuf,
    },
}

/// What became of one box's log.
struct Verdict {
    head: Option<String>,
    gaps: u64,
    broken: Option<String>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Check { path } = &args.command;
    let conn = open(path)?;
    let mut out = std::io::stdout().lock();
    let mut is_any_broken = false;
    for (device, log) in audit_log(&conn).context("the centre's database cannot be read")? {
        let Verdict { head, gaps, broken } = judge(&log);
        is_any_broken |= broken.is_some();
        let line = json!({
            "device": device, "entries": log.len(), "head": head, "gaps": gaps, "broken": broken,
        });
        writeln!(out, "{line}")?;
    }
    Ok(if is_any_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn open(path: &Path) -> anyhow::Result<Connection> {
    let file = if path.is_dir() { path.join("vong.db") } else { path.to_owned() };
    Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("{} cannot be opened", file.display()))
}

/// Where a number is missing, the chain cannot be followed and begins anew; a new epoch goes on with it.
fn judge(log: &[Logged]) -> Verdict {
    let goes_on = |a: &Logged, b: &Logged| {
        let (a, b) = (&a.envelope, &b.envelope);
        if a.epoch == b.epoch { a.seq.checked_add(1) == Some(b.seq) } else { b.seq == 1 }
    };
    let mut verdict = Verdict { head: None, gaps: 0, broken: None };
    for (at, piece) in log.chunk_by(goes_on).enumerate() {
        verdict.gaps += u64::from(at > 0);
        match chain::verify(piece.iter().map(|it| it.bytes.as_slice())) {
            Ok(head) => verdict.head = head.map(|it| it.to_string()),
            Err(err) => {
                let (Broken::Link { at } | Broken::Unreadable { at, .. }) = &err;
                let entry = piece.get(*at).map(|it| it.envelope.id.to_string());
                verdict.broken.get_or_insert(entry.unwrap_or_default());
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use base::DeviceId;
    use uuid::Uuid;

    use super::*;
    use crate::report::wire::envelope_to_json;
    use crate::report::{Envelope, Stream};

    fn entry(seq: u64, prev: Option<&Logged>) -> Logged {
        let device: DeviceId = "box-1".parse().unwrap();
        let prev = prev.map(|it| base::Sha256::of(&it.bytes).to_string());
        let at = jiff::Timestamp::UNIX_EPOCH;
        let envelope = Envelope {
            id: Uuid::from_u128(seq.into()),
            device,
            epoch: Uuid::nil(),
            stream: Stream::Audit,
            seq,
            kind: "audit.entry".to_owned(),
            occurred_at: at,
            recorded_at: at,
            clock_trusted: true,
            site: String::new(),
            data: json!({ "action": "bulletin.approve", "prev": prev }),
        };
        Logged { bytes: envelope_to_json(&envelope), envelope }
    }

    fn log() -> Vec<Logged> {
        let first = entry(1, None);
        let second = entry(2, Some(&first));
        let third = entry(3, Some(&second));
        vec![first, second, third]
    }

    #[test]
    fn a_whole_log_has_a_head_and_a_gap_is_counted() {
        let whole = judge(&log());
        let head = base::Sha256::of(&log()[2].bytes).to_string();
        assert_eq!((whole.head, whole.gaps, whole.broken), (Some(head), 0, None));
        let mut log = log();
        log.remove(1);
        let gap = judge(&log);
        assert_eq!((gap.gaps, gap.broken), (1, None), "what never came is no forgery");
    }

    #[test]
    fn an_entry_that_was_changed_is_found_by_the_next() {
        let mut log = log();
        log[1].envelope.data["action"] = json!("nothing");
        log[1].bytes = envelope_to_json(&log[1].envelope);
        assert_eq!(judge(&log).broken, Some(Uuid::from_u128(3).to_string()));
    }
}
