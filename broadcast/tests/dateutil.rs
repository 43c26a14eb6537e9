//! Rules expanded by us and by python-dateutil, which the field takes for its measure.
//!
//! Needs `python3` with dateutil (Debian: python3-dateutil, installed by scripts/setup.sh). Without it
//! the test says so, and fails where `CI` is set.

#![expect(clippy::unwrap_used, reason = "the lints take helpers for code")]

use std::process::Command;
use std::thread;

use broadcast::schedule::Rule;
use jiff::Timestamp;

const SEEDS: [u64; 2] = [1, 2];
const N_RULES: usize = 1_100;
/// Of those, how many start at all in their window. Fewer would be a poor generator.
const N_THAT_START: usize = 1_000;

#[test]
fn random_rules_start_when_python_dateutil_says() {
    let Some(python) = python_with_dateutil() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "python3-dateutil is missing: run scripts/setup.sh"
        );
        println!(
            "NOT COMPARED: python3-dateutil is missing. Run scripts/setup.sh, then this again."
        );
        return;
    };
    let cases: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = SEEDS.map(|seed| scope.spawn(move || expanded(python, seed))).into();
        runs.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(cases.len(), SEEDS.len() * N_RULES);
    let n_that_start = cases.iter().filter(|it| !it.ends_with('\t')).count();
    assert!(n_that_start >= N_THAT_START, "only {n_that_start} rules start at all");
    let wrong: Vec<String> = cases.iter().filter_map(|it| difference(it)).collect();
    let few = &wrong[..wrong.len().min(20)];
    assert!(few.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), few.join("\n"));
}

/// Debian's package is for Debian's interpreter, which need not be the first on the path.
fn python_with_dateutil() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"].into_iter().find(|it| {
        let found = Command::new(it).args(["-c", "import dateutil"]).output();
        found.is_ok_and(|it| it.status.success())
    })
}

fn expanded(python: &str, seed: u64) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dateutil/expand.py");
    let args = [script.to_owned(), seed.to_string(), N_RULES.to_string()];
    let run = Command::new(python).args(args).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What we make of a line of the script, if it is something else.
fn difference(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [zone, rule, from, to, starts] = fields[..] else { panic!("{line}") };
    let starts: Vec<Timestamp> = starts.split(',').filter(|it| !it.is_empty()).map(at).collect();
    let ours = match Rule::parse(&rule.replace('|', "\n"), zone) {
        Ok(parsed) => parsed.starts(at(from), at(to)).unwrap(),
        Err(err) => return Some(format!("{rule}: {err}")),
    };
    let missing: Vec<_> = starts.iter().filter(|it| !ours.contains(it)).take(3).collect();
    let extra: Vec<_> = ours.iter().filter(|it| !starts.contains(it)).take(3).collect();
    (ours != starts).then(|| {
        let n = (ours.len(), starts.len());
        format!("{rule}: {n:?} starts, missing {missing:?}, too many {extra:?}")
    })
}

fn at(seconds: &str) -> Timestamp {
    Timestamp::from_second(seconds.parse().unwrap()).unwrap()
}
