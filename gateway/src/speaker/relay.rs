//! The relay of the amplifier: on before a sound, off a while after the last one. A file that the kernel
//! keeps, as the mute input is.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use jiff::Timestamp;

use crate::config::SpeakerRelay;

pub(super) struct Relay {
    settings: SpeakerRelay,
    amplifier: Amplifier,
    is_faulty: bool,
}

/// When it is to be on. Pure; `now` is a clock that is never stepped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Amplifier {
    #[default]
    Off,
    /// Something is in the sink.
    Needed,
    /// Nothing is, and what comes soon finds it warm.
    Held { until: Timestamp },
}

/// What came of a switching, where that is news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Switched {
    Fault(String),
    Recovered,
}

impl Relay {
    pub(super) fn new(settings: SpeakerRelay) -> Self {
        Self { settings, amplifier: Amplifier::Off, is_faulty: false }
    }

    /// A sound is about to be opened: the amplifier's warm-up begins now.
    pub(super) fn sound_opens(&mut self) -> Option<Switched> {
        let was_off = self.amplifier == Amplifier::Off;
        self.amplifier = Amplifier::Needed;
        // One that did not obey is told again.
        if was_off || self.is_faulty { self.switch(true) } else { None }
    }

    /// Nothing sounds any more.
    pub(super) fn falls_silent(&mut self, now: Timestamp) {
        if self.amplifier == Amplifier::Needed {
            let until = now.saturating_add(self.settings.hold).unwrap_or(now);
            self.amplifier = Amplifier::Held { until };
        }
    }

    pub(super) fn off_at(&self) -> Option<Timestamp> {
        if let Amplifier::Held { until } = self.amplifier { Some(until) } else { None }
    }

    /// Its time has come, or the program begins or ends: a crash may have left it on.
    pub(super) fn off(&mut self) -> Option<Switched> {
        self.amplifier = Amplifier::Off;
        self.switch(false)
    }

    /// The kernel takes it at once, so this does not wait.
    fn switch(&mut self, is_on: bool) -> Option<Switched> {
        let text = if is_on { &self.settings.active } else { &self.settings.inactive };
        let path = &self.settings.file;
        // Never created: a file that is not there is a relay that is not there.
        let written = OpenOptions::new().write(true).truncate(true).open(path);
        let written: io::Result<()> = written.and_then(|mut file| file.write_all(text.as_bytes()));
        let was_faulty = std::mem::replace(&mut self.is_faulty, written.is_err());
        match written {
            Err(err) if !was_faulty => Some(Switched::Fault(format!("{}: {err}", path.display()))),
            Ok(()) if was_faulty => Some(Switched::Recovered),
            Ok(()) | Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(s).unwrap()
    }

    fn relay(dir: &tempfile::TempDir) -> Relay {
        Relay::new(SpeakerRelay {
            file: dir.path().join("brightness"),
            active: "255".to_owned(),
            inactive: "0".to_owned(),
            hold: Duration::from_secs(30),
        })
    }

    #[test]
    fn it_is_on_from_before_a_sound_until_a_while_after_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("brightness");
        let reads = || std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, "255").unwrap();
        let mut relay = relay(&dir);
        assert_eq!((relay.off(), reads().as_str()), (None, "0"));
        assert_eq!((relay.sound_opens(), reads().as_str()), (None, "255"));
        relay.falls_silent(at(100));
        assert_eq!((relay.off_at(), reads().as_str()), (Some(at(130)), "255"));
        relay.sound_opens();
        assert_eq!(relay.off_at(), None, "the next sound finds it on");
        relay.falls_silent(at(150));
        assert_eq!(relay.off_at(), Some(at(180)));
        assert_eq!((relay.off(), relay.off_at(), reads().as_str()), (None, None, "0"));
    }

    #[test]
    fn one_that_does_not_obey_is_a_fault_once_and_is_told_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut relay = relay(&dir);
        assert!(matches!(relay.off(), Some(Switched::Fault(why)) if why.contains("brightness")));
        assert_eq!((relay.sound_opens(), relay.sound_opens()), (None, None));
        std::fs::write(dir.path().join("brightness"), "0").unwrap();
        assert_eq!(relay.sound_opens(), Some(Switched::Recovered));
        assert_eq!(std::fs::read_to_string(dir.path().join("brightness")).unwrap(), "255");
    }
}
