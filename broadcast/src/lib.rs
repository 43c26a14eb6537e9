//! What plays, where and when. Pure, but for named leaves.

pub mod bulletin;
pub mod calendar;
pub mod discipline;
pub mod ics;
pub mod library;
pub mod loudness;
pub mod normalise;
mod order;
pub mod place;
pub mod plan;
pub mod player;
pub mod prefetch;
pub mod quiet;
pub mod quota;
pub mod reconciliation;
pub mod schedule;
pub mod sheet;
pub mod shelf;
pub mod simulation;
pub mod speech;
pub mod tally;
pub mod template;

pub use order::{Content, Order, OrderError, PlayId, Priority, Resume, Volume};
