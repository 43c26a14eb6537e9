//! Video in and out, sound out: the only crate that names GStreamer.

mod opus;

pub use opus::{Encoded, OpusError, OpusWriter, SAMPLE_RATE_HZ, STORED_BITRATE_BPS, encode_opus};
