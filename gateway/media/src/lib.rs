//! Video in and out, sound out: the only crate that names GStreamer.
