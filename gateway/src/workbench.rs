//! Commands for whoever chooses, measures or debugs: each runs once, prints, and ends.

pub mod library;
pub mod plan;
pub mod say;
#[cfg(feature = "sim")]
pub mod sim;
