//! `vong audit check`: whether the audit logs that a centre received are whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use uuid::Uuid;

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
    /// line for each box: how many entries, the hash of the newest (the box keeps the same one), how often
    /// numbers never came, the first entry that does not follow from the one before, and the pieces that the
    /// log is in, with the entry that each begins with and why: `start`; `unlinked`, entries of a version
    /// without a chain; `upgrade`, the first with one; `new_database`, after the box lost its old one; `gap`.
    /// The exit code is 1 when an entry does not follow, or when there is no log at all. A gap is no proof of
    /// anything and only counted, and newest entries that were cut off leave no trace here: compare `head`
    /// with the box's.
    Check {
        /// The centre's data folder, or its vong.db.
        path: PathBuf,
    },
}

/// What became of one box's log.
#[derive(Default)]
struct Verdict {
    head: Option<String>,
    gaps: u64,
    broken: Option<String>,
    pieces: Vec<Piece>,
}

/// A stretch of the log through which the chain can be followed.
struct Piece {
    why: Why,
    from: Uuid,
    n_entries: usize,
}

/// Why a piece begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Start,
    Unlinked,
    Upgrade,
    NewDatabase,
    Gap,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Check { path } = &args.command;
    let conn = open(path)?;
    let mut out = std::io::stdout().lock();
    let mut is_any_broken = false;
    let logs = audit_log(&conn).with_context(|| {
        format!("{} cannot be read: is it a centre's database?", path.display())
    })?;
    ensure!(
        !logs.is_empty(),
        "{} holds no audit log: give the data folder of a centre that boxes have reported to",
        path.display()
    );
    for (device, log) in logs {
        let Verdict { head, gaps, broken, pieces } = judge(&log);
        is_any_broken |= broken.is_some();
        let line = json!({
            "device": device, "entries": log.len(), "head": head, "gaps": gaps, "broken": broken,
            "pieces": pieces.iter().map(Piece::to_json).collect::<Vec<_>>(),
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

/// Follows the chain piece by piece. Whoever deletes an epoch as a whole leaves two pieces, which is why they
/// are told.
fn judge(log: &[Logged]) -> Verdict {
    let mut verdict = Verdict::default();
    let (mut from, mut is_linked) = (0, false);
    while let Some(first) = log.get(from) {
        let before = from.checked_sub(1).and_then(|it| log.get(it));
        let why = begins(before, first, is_linked).unwrap_or(Why::Gap);
        // A new database begins a chain and a gap hides where it came from, but neither ends it.
        let is_lawful = !is_linked
            || why == Why::NewDatabase
            || (chain::is_linked(&first.envelope.data) && !chain::is_first(&first.envelope.data));
        let mut to = from;
        while let Some(next) = log.get(to) {
            if to > from && begins(log.get(to - 1), next, is_linked).is_some() {
                break;
            }
            is_linked |= chain::is_linked(&next.envelope.data);
            to += 1;
        }
        let piece = &log[from..to];
        let id = first.envelope.id;
        verdict.gaps += u64::from(why == Why::Gap);
        verdict.pieces.push(Piece { why, from: id, n_entries: piece.len() });
        if !is_lawful {
            verdict.broken.get_or_insert(id.to_string());
        }
        match chain::verify(piece.iter().map(|it| it.bytes.as_slice())) {
            Ok(head) => verdict.head = head.map(|it| it.to_string()),
            Err(err) => {
                let (Broken::Link { at } | Broken::Unreadable { at, .. }) = &err;
                let entry = piece.get(*at).map(|it| it.envelope.id.to_string());
                verdict.broken.get_or_insert(entry.unwrap_or_default());
            }
        }
        from = to;
    }
    verdict
}

/// Why the chain cannot be followed from `before` to `it`; `None` where it must hold. `is_linked`: whether
/// any entry so far was of a version with a chain.
fn begins(before: Option<&Logged>, it: &Logged, is_linked: bool) -> Option<Why> {
    let (it, data) = (&it.envelope, &it.envelope.data);
    let Some(Logged { envelope: before, .. }) = before else {
        return Some(if chain::is_linked(data) { Why::Start } else { Why::Unlinked });
    };
    let is_new_epoch = before.epoch != it.epoch;
    let goes_on =
        if is_new_epoch { it.seq == 1 } else { before.seq.checked_add(1) == Some(it.seq) };
    match (goes_on, chain::is_first(data)) {
        (false, _) => Some(Why::Gap),
        (true, true) if is_new_epoch => Some(Why::NewDatabase),
        (true, true) if !is_linked => Some(Why::Upgrade),
        (true, _) => None,
    }
}

impl Piece {
    fn to_json(&self) -> Value {
        let why = match self.why {
            Why::Start => "start",
            Why::Unlinked => "unlinked",
            Why::Upgrade => "upgrade",
            Why::NewDatabase => "new_database",
            Why::Gap => "gap",
        };
        json!({ "why": why, "from": self.from.to_string(), "entries": self.n_entries })
    }
}

#[cfg(test)]
mod tests {
    use base::DeviceId;

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

    fn whys(log: &[Logged]) -> (Vec<Why>, Option<String>) {
        let verdict = judge(log);
        (verdict.pieces.iter().map(|it| it.why).collect(), verdict.broken)
    }

    fn rebuilt(mut entry: Logged, change: impl FnOnce(&mut Envelope)) -> Logged {
        change(&mut entry.envelope);
        entry.bytes = envelope_to_json(&entry.envelope);
        entry
    }

    /// As a version before the chain wrote it.
    fn old(seq: u64) -> Logged {
        rebuilt(entry(seq, None), |it| it.data = json!({ "action": "bulletin.approve" }))
    }

    #[test]
    fn an_upgrade_and_a_new_database_begin_pieces_and_break_nothing() {
        let third = entry(3, None);
        let fourth = entry(4, Some(&third));
        let anew = rebuilt(entry(1, None), |it| it.epoch = Uuid::from_u128(9));
        let mut log = vec![old(1), old(2), third, fourth.clone(), anew.clone()];
        let (pieces, broken) = whys(&log);
        assert_eq!((pieces, broken), (vec![Why::Unlinked, Why::Upgrade, Why::NewDatabase], None));
        assert_eq!(judge(&log).gaps, 0);
        // The chain goes on through a new epoch of the same database, and what is lost there is found.
        log[4] = rebuilt(entry(1, Some(&fourth)), |it| it.epoch = Uuid::from_u128(9));
        assert_eq!(whys(&log), (vec![Why::Unlinked, Why::Upgrade], None));
        let id = log[4].envelope.id.to_string();
        log.remove(3);
        assert_eq!(whys(&log).1, Some(id));
        assert_eq!(whys(&[old(1), anew]), (vec![Why::Unlinked, Why::NewDatabase], None));
    }

    #[test]
    fn nobody_takes_the_links_off_what_had_them() {
        let log = log();
        let off = |nth: usize| rebuilt(log[nth].clone(), |it| it.data = json!({ "action": "x" }));
        let id = |nth: u128| Some(Uuid::from_u128(nth).to_string());
        assert_eq!(whys(&[log[0].clone(), off(1), log[2].clone()]).1, id(2));
        assert_eq!(whys(&[off(0), off(1), log[2].clone()]).1, id(3), "the next one names more");
        assert_eq!(whys(&[log[0].clone(), off(2)]).1, id(3), "nor behind a gap");
        let first = entry(3, None);
        assert_eq!(whys(&[log[0].clone(), first.clone()]).1, id(3));
        assert_eq!(whys(&[log[0].clone(), log[1].clone(), first]).1, id(3));
    }

    #[test]
    fn an_entry_that_was_changed_is_found_by_the_next() {
        let mut log = log();
        log[1].envelope.data["action"] = json!("nothing");
        log[1].bytes = envelope_to_json(&log[1].envelope);
        assert_eq!(judge(&log).broken, Some(Uuid::from_u128(3).to_string()));
    }
}
