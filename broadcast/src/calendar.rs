//! The days that a ward's calendar knows by name: public holidays, lunar days, days off that a
//! decision of the year adds, and what a schedule does on them.

mod computed;
mod day_rule;
mod layer;
pub mod lunar;

pub use computed::{Computed, UnknownComputed};
pub use day_rule::{DayRule, Effect, Move, UnknownEffect, lands};
pub(crate) use day_rule::{Verdict, judge};
pub(crate) use layer::MOST_DAYS;
pub use layer::{Layer, LayerError, Origin};
