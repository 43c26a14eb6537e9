//! The switch on site that silences a cluster: a file that the kernel keeps (GPIO or LED class of sysfs),
//! looked at a few times a second. Works with every link down.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::SpeakerMute;

/// A hand on a switch waits no longer than two of these.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);
/// So many looks in a row that agree are a position; fewer may be a contact that bounces.
const N_SAME: u8 = 2;
/// So many looks in a row that fail are a fault: two seconds.
const N_FAILED: u8 = 10;

pub(super) struct Mute {
    input: PathBuf,
    active: String,
    switch: Switch,
}

/// What the looks have come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Switch {
    is_muted: bool,
    /// Looks in a row that say the opposite.
    n_against: u8,
    n_failed: u8,
    is_faulty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Muted(bool),
    /// The position is not known any more; the last one that was holds.
    Fault(String),
    Recovered,
}

impl Mute {
    /// `was_muted` before the program was stopped: what is told now is what changed since.
    pub(super) fn new(settings: SpeakerMute, was_muted: bool) -> Self {
        let switch = Switch { is_muted: was_muted, ..Switch::default() };
        Self { input: settings.input, active: settings.active, switch }
    }

    pub(super) fn is_muted(&self) -> bool {
        self.switch.is_muted
    }

    /// The kernel answers at once, so this does not wait.
    pub(super) fn look(&mut self) -> Option<Look> {
        let position = match std::fs::read_to_string(&self.input) {
            Ok(text) => Ok(text.trim() == self.active),
            Err(err) => Err(format!("{}: {err}", self.input.display())),
        };
        self.switch.look(position)
    }
}

impl Switch {
    fn look(&mut self, position: Result<bool, String>) -> Option<Look> {
        let is_muted = match position {
            Ok(is_muted) => is_muted,
            Err(reason) => {
                (self.n_against, self.n_failed) = (0, self.n_failed.saturating_add(1));
                let is_news = self.n_failed >= N_FAILED && !self.is_faulty;
                self.is_faulty |= is_news;
                return is_news.then_some(Look::Fault(reason));
            }
        };
        self.n_failed = 0;
        if std::mem::take(&mut self.is_faulty) {
            return Some(Look::Recovered);
        }
        self.n_against = if is_muted == self.is_muted { 0 } else { self.n_against + 1 };
        (self.n_against == N_SAME).then(|| {
            (self.is_muted, self.n_against) = (is_muted, 0);
            Look::Muted(is_muted)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One character a look: `1` muted, `0` not, `x` unreadable.
    fn check(looks: &str, expected: &str) {
        let mut switch = Switch::default();
        let said = looks.chars().map(|it| {
            let position = if it == 'x' { Err("gone".to_owned()) } else { Ok(it == '1') };
            match switch.look(position) {
                None => '-',
                Some(Look::Muted(true)) => 'M',
                Some(Look::Muted(false)) => 'S',
                Some(Look::Fault(_)) => 'F',
                Some(Look::Recovered) => 'R',
            }
        });
        assert_eq!(said.collect::<String>(), expected, "{looks}");
    }

    #[test]
    fn a_position_is_believed_at_the_second_look_and_a_bounce_is_not() {
        check("0011110000", "---M---S--");
        check("0101010", "-------");
        check("110100", "-M---S");
    }

    #[test]
    fn an_input_that_cannot_be_read_keeps_its_last_position_and_is_told_once() {
        check("11xxxxxxxxxxxxx11", "-M---------F---R-");
        check("xxxxxxxxxxx00", "---------F-R-");
        check("0xx0xxx0", "--------");
    }

    #[test]
    fn real_files_are_read_as_the_kernel_writes_them() {
        let dir = tempfile::tempdir().unwrap();
        let input = dir.path().join("value");
        let settings =
            SpeakerMute { input: input.clone(), active: "1".to_owned(), mutes_emergency: false };
        let mut mute = Mute::new(settings, false);
        std::fs::write(&input, "1\n").unwrap();
        assert_eq!((mute.look(), mute.look()), (None, Some(Look::Muted(true))));
        std::fs::write(&input, "0\n").unwrap();
        assert_eq!((mute.look(), mute.look()), (None, Some(Look::Muted(false))));
        std::fs::remove_file(&input).unwrap();
        let told = (0..N_FAILED).filter_map(|_| mute.look()).collect::<Vec<_>>();
        assert!(matches!(&told[..], [Look::Fault(why)] if why.contains("value")), "{told:?}");
    }
}
