//! What plays, where and when. Pure, but for named leaves.

pub mod bulletin;
pub mod calendar;
pub mod discipline;
pub mod ics;
pub mod library;
pub mod loudness;
pub mod normalise;
mod order;
pub mod plan;
pub mod player;
pub mod quiet;
pub mod quota;
pub mod reconciliation;
pub mod schedule;
pub mod shelf;
pub mod simulation;
pub mod speech;

pub use order::{Content, Order, OrderError, PlayId, Priority, Resume, Volume};
