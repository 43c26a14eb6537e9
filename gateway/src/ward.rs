//! `vong run`, the ward box: cameras, broadcasts, its clusters, and what it reports.

pub mod broadcast;
pub mod clusters;
pub mod content;
pub mod timekeeper;
