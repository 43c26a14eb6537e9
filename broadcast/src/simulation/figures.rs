//! How much was simulated, and how it went.

use crate::player::EndingKind;

/// Counts of one run, or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Looks at a calendar, each with a plan for all that is ahead.
    pub rounds: u64,
    /// Starts that the calendars gave, each counted once.
    pub starts: u64,
    /// Of these, with a row that says why they stay silent.
    pub held_back: u64,
    /// Orders that a player took, one for each cluster of a play.
    pub orders: u64,
    /// Orders that arrived after their start.
    pub late_orders: u64,
    /// Plays that were stopped after they had been ordered.
    pub withdrawn: u64,
    /// Events that players were given.
    pub events: u64,
    /// Times that a horn was heard.
    pub sounds: u64,
    pub sound_seconds: u64,
    /// Sounds that ended because something more urgent came.
    pub preempted: u64,
    pub emergencies: u64,
    /// Terminal records of clusters.
    pub played: u64,
    pub partial: u64,
    pub missed: u64,
    pub stopped: u64,
    /// Terminal records that the box wrote for a cluster which never got its order, or told nothing.
    pub written_by_box: u64,
    pub power_cuts: u64,
    /// Of these, between two effects of one event.
    pub cuts_in_a_step: u64,
    pub restarts: u64,
    pub untrusted_boots: u64,
    pub link_losses: u64,
    pub box_outages: u64,
    pub changes_of_plan: u64,
    pub faults: u64,
}

impl Figures {
    pub(super) fn ended(&mut self, kind: EndingKind) {
        match kind {
            EndingKind::Played => self.played += 1,
            EndingKind::Partial => self.partial += 1,
            EndingKind::Missed => self.missed += 1,
            EndingKind::Stopped => self.stopped += 1,
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.all().into_iter().zip(other.clone().all()) {
            *mine += *theirs;
        }
    }

    /// Whether nothing was left out: a run in which nothing goes wrong proves nothing.
    #[cfg(test)]
    pub(super) fn is_everything_there(&mut self) -> bool {
        self.all().into_iter().all(|it| *it > 0)
    }

    fn all(&mut self) -> [&mut u64; 24] {
        [
            &mut self.rounds,
            &mut self.starts,
            &mut self.held_back,
            &mut self.orders,
            &mut self.late_orders,
            &mut self.withdrawn,
            &mut self.events,
            &mut self.sounds,
            &mut self.sound_seconds,
            &mut self.preempted,
            &mut self.emergencies,
            &mut self.played,
            &mut self.partial,
            &mut self.missed,
            &mut self.stopped,
            &mut self.written_by_box,
            &mut self.power_cuts,
            &mut self.cuts_in_a_step,
            &mut self.restarts,
            &mut self.untrusted_boots,
            &mut self.link_losses,
            &mut self.box_outages,
            &mut self.changes_of_plan,
            &mut self.faults,
        ]
    }
}
