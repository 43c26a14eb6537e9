//! What plays, where and when. Pure, but for named leaves.

pub mod discipline;
pub mod library;
pub mod loudness;
mod order;

pub use order::{Content, Order, OrderError, PlayId, Priority, Resume, Volume};
