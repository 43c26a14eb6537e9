//! The vocabulary every crate shares: time, units, ids, backoff, tasks, files.
//!
//! An item moves in here when a second crate needs it, never before. Nothing here knows what a
//! camera, a clip or a certificate is.

mod backoff;
mod clock;
mod digest;
mod file;
mod id;
mod picture;
mod secret;
mod tasks;
mod units;

pub use backoff::Backoff;
pub use clock::{Clock, SimClock, SystemClock, read_both, sleep_until};
pub use digest::{Sha256, Sha256Error, Sha256Hasher};
pub use file::{NewFile, write_atomic, write_private};
pub use id::{DeviceId, DeviceIdError, new_uuid};
pub use picture::{Crop, Picture, Plane, Size};
pub use secret::Secret;
pub use tasks::Tasks;
pub use units::{BitRate, BitRateError, Pts, Score, ScoreError};
