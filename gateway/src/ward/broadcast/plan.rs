//! The ward's plan in the words of the database.

mod calendar;

use broadcast::plan::{Decision, Explained, Reason};
use broadcast::reconciliation::{Verdict, Wanted};
use uuid::Uuid;

use super::facts::Facts;

pub(super) use calendar::Calendar;

/// The plan in the words of the database.
pub(super) fn wanted(explained: &[Explained<Uuid>], facts: &Facts) -> Vec<Wanted> {
    let verdict = |decision: &Decision<Uuid>| match decision {
        Decision::Plays => Verdict::Plays,
        Decision::HeldBack(reason) => {
            let why = reason.named(|it| facts.title(it)).to_string();
            if let Reason::OtherDay { .. } = reason {
                Verdict::Absent(why)
            } else {
                Verdict::HeldBack(why)
            }
        }
    };
    let wanted = |it: &Explained<Uuid>| Wanted {
        bulletin: it.planned.id,
        recurrence: it.occurrence,
        at: it.planned.at,
        verdict: verdict(&it.planned.decision),
    };
    explained.iter().map(wanted).collect()
}
