//! What happens to a ward from outside: what people change their minds about, and what breaks.

use std::time::Duration;

use jiff::SignedDuration;

use crate::Content;
use crate::schedule::Schedule;

/// Bulletins and clusters are named by their places in the [`Ward`](super::Ward).
#[derive(Clone, Debug)]
pub enum Deed {
    /// A bulletin is entered into the calendar, approved or not as it says itself.
    Enter {
        bulletin: usize,
    },
    /// It is edited, which voids its approval and takes it out of the calendar.
    Edit {
        bulletin: usize,
    },
    /// What was edited is approved with its new sound, and back in the calendar.
    Approve {
        bulletin: usize,
        content: Content,
    },
    /// It gets another schedule.
    Reschedule {
        bulletin: usize,
        schedule: Schedule,
    },
    /// The box has no power: nobody plans, sends, or takes receipts.
    BoxDown {
        lasts: Duration,
    },
    Power(Outage),
    LinkDown {
        cluster: usize,
        lasts: Duration,
    },
    /// The next content that a cluster fetches comes wrong again and again.
    BadContent {
        cluster: usize,
    },
    /// The next file that it opens was damaged in its cache.
    DamagedFile {
        cluster: usize,
    },
    /// The sound card fails, now or with the next sound.
    SinkFails {
        cluster: usize,
    },
    /// A copy of an order comes again that was delivered before.
    Repeat {
        cluster: usize,
    },
}

/// A cluster dies and comes back.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub cluster: usize,
    /// Not at once, but between two effects of what the player does next: so many more are carried out.
    pub after_effects: Option<u8>,
    pub lasts: Duration,
    /// How wrong its clock is afterwards, until its box tells it the time. None: only the program died,
    /// and the clock of the machine went on.
    pub clock_off: Option<SignedDuration>,
}
