//! The JSON of `vong bench`.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Report<'a, F> {
    pub(super) name: &'a str,
    #[serde(flatten)]
    pub(super) figures: &'a F,
    pub(super) machine: Machine,
}

#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cpu: Option<String>,
    pub(super) arch: &'static str,
    pub(super) n_cpus: usize,
    pub(super) build: &'static str,
}

/// All CPU times are of this process, user and system, in milliseconds a frame.
#[derive(Debug, Serialize)]
pub(super) struct Detect<'a> {
    pub(super) model: &'a str,
    pub(super) video: &'a str,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) frames: u32,
    pub(super) detections: u64,
    pub(super) fps: f64,
    pub(super) cpu_ms_per_frame: f64,
    pub(super) bare_run_cpu_ms: f64,
    pub(super) decode_cpu_ms: f64,
    pub(super) ratio: f64,
    pub(super) ratio_after_decode: f64,
    pub(super) rss_mb: f64,
}

/// CPU time of this thread, user and system.
#[derive(Debug, Serialize)]
pub(super) struct Track {
    pub(super) people: u8,
    pub(super) pictures: u16,
    /// Over all pictures.
    pub(super) tracks: u64,
    pub(super) cpu_ms_per_picture: f64,
}
