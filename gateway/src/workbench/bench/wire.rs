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

#[derive(Debug, Serialize)]
pub(super) struct Cameras<'a> {
    pub(super) model: &'a str,
    pub(super) cameras: u16,
    pub(super) busy: u16,
    pub(super) seconds: f64,
    pub(super) threads: usize,
    pub(super) analysed_fps_per_camera: f64,
    pub(super) least_analysed_fps: f64,
    /// Of the pictures that were shown to the detector.
    pub(super) dropped_percent: f64,
    /// Of five a second from each camera: with those that never arrived.
    pub(super) missing_percent: f64,
    pub(super) looks_per_second: f64,
    pub(super) blind_ms_worst_camera: u64,
    pub(super) wait_p50_ms: u32,
    pub(super) wait_p99_ms: u32,
    pub(super) alerts: usize,
    pub(super) clips: u32,
    pub(super) capture_to_alert_p50_ms: Option<f64>,
    pub(super) capture_to_alert_p95_ms: Option<f64>,
    pub(super) capture_to_evidence_p95_ms: Option<f64>,
    pub(super) cpu_cores: f64,
    pub(super) cpu_ms_per_camera_second: f64,
    pub(super) rss_mib_at_start: f64,
    pub(super) rss_mib_at_end: f64,
    pub(super) rss_mb_at_end: f64,
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

/// CPU time of the process: decoder, motion, detection, tracking.
#[derive(Debug, Serialize)]
pub(super) struct Gate<'a> {
    pub(super) model: &'a str,
    pub(super) busy_share: f64,
    pub(super) every_picture_cpu_ms_per_second: f64,
    pub(super) gated_cpu_ms_per_second: f64,
    pub(super) times_less: f64,
    pub(super) busy_every_picture_cpu_ms_per_second: f64,
    pub(super) busy_gated_cpu_ms_per_second: f64,
    pub(super) quiet_every_picture_cpu_ms_per_second: f64,
    pub(super) quiet_gated_cpu_ms_per_second: f64,
    pub(super) busy_looks_per_picture: f64,
    pub(super) quiet_looks_per_picture: f64,
}

/// Errors and skew against this machine's clock, which is the box's; none is what a cluster believes.
#[derive(Debug, Serialize)]
pub(super) struct Fanout {
    pub(super) clusters: u16,
    /// Of these, so many decode and resample.
    pub(super) decoding: u16,
    pub(super) content_bytes: u64,
    /// Null: as a box has it by itself.
    pub(super) rate_limit: Option<String>,
    /// From the order until the last cluster has verified the content.
    pub(super) fetch_s: f64,
    /// Short bulletins that were played, and starts in them that were noted.
    pub(super) plays: u16,
    pub(super) starts: usize,
    pub(super) start_error_ms_p50: Option<f64>,
    pub(super) start_error_ms_p99: Option<f64>,
    pub(super) start_error_ms_max: Option<f64>,
    /// Of those that decode.
    pub(super) decoding_start_error_ms_p99: Option<f64>,
    /// The latest start of a play minus its earliest.
    pub(super) skew_ms_p50: Option<f64>,
    pub(super) skew_ms_p99: Option<f64>,
    /// Of those that decode.
    pub(super) decoding_skew_ms_p99: Option<f64>,
    /// The box's, while the content is fetched; 100 is one processor.
    pub(super) box_cpu_percent: f64,
    /// The box's, the most that was seen while content was fetched and played.
    pub(super) rss_mb: f64,
    /// The box's in all, with the encoding of the recording.
    pub(super) rss_mb_peak: f64,
    pub(super) speakers_cpu_percent: f64,
    pub(super) speakers_rss_mb: f64,
    pub(super) speakers_threads: u32,
}
