//! A ward on a virtual clock: the real planner, the real decision what to order, and the real player
//! on every cluster, with everything that goes wrong around them, and a judge who hears each sound.
//!
//! `vong bench plan` runs a year of eight wards, property tests run small random wards. What is *not*
//! simulated is IO: signatures, SQL and sound have their own tests on the real thing.

mod chance;
mod cluster;
mod desk;
mod figures;
mod judge;
mod queue;
mod script;
mod world;
pub mod year;

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::calendar::DayRule;
use crate::plan::{Entry, Policy};
use crate::player::Rules;
use crate::{Content, Resume};

pub use figures::Figures;
pub use judge::Sounded;
pub use script::{Deed, Outage};

/// One box with its clusters, and what its people want to be heard.
#[derive(Clone, Debug)]
pub struct Ward {
    pub policy: Policy,
    pub terms: Terms,
    /// Their ids. A [`Deed`] names a cluster by its place here.
    pub clusters: Vec<String>,
    /// What every player obeys.
    pub rules: Rules,
    /// The ward's list. A [`Deed`] names a bulletin by its place here; none is in the calendar before
    /// it is entered.
    pub bulletins: Vec<Bulletin>,
}

/// A bulletin with all that its orders say.
#[derive(Clone, Debug)]
pub struct Bulletin {
    pub entry: Entry<Uuid>,
    pub days: Vec<DayRule>,
    pub level: u8,
    pub content: Content,
    pub resume: Resume,
    /// How much longer than its own length a play may take, after an interruption.
    pub extra: Duration,
}

/// How the box works, which its driver knows.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Orders go out this long ahead.
    pub look_ahead: Duration,
    /// What was slept through longer ago is not written down any more.
    pub look_back: Duration,
    /// What the last samples may need beyond the content's length.
    pub tail: Duration,
    /// A cluster has this long after the end of a play to say how it went.
    pub patience: Duration,
    /// The box looks at its calendar at least this often.
    pub round: Duration,
}

/// What one run needs.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub ward: Ward,
    /// In any order.
    pub script: Vec<(Timestamp, Deed)>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Of what is not in the script: delays, and messages that are lost.
    pub seed: u64,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub figures: Figures,
    /// Promises that were broken, in words, the first of them only. None: the run passes.
    pub broken: Vec<String>,
    pub n_broken: u64,
}

/// Runs to the end of the scenario, and then until every play is over. `listener` hears each sound.
pub fn run(scenario: &Scenario, listener: &mut dyn FnMut(&Sounded)) -> Outcome {
    world::World::new(scenario, listener).run()
}

#[cfg(test)]
mod tests;
