//! `vong run`, the ward box: cameras, broadcasts, its clusters, and what it reports.

pub mod broadcast;
#[cfg(feature = "gst")]
pub mod camera;
pub mod clusters;
pub mod content;
pub mod timekeeper;
#[cfg(feature = "gst")]
pub mod detector;
#[cfg(feature = "gst")]
pub mod record;
