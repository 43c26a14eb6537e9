//! The JSON of `vong bench`.

use broadcast::simulation::Outcome;
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

/// Counts are of all clusters together; `figures.rs` of the simulation says what each is.
#[derive(Debug, Default, Serialize)]
pub(super) struct Plan {
    pub(super) seconds: f64,
    pub(super) days: u16,
    pub(super) wards: u16,
    pub(super) clusters: u16,
    pub(super) broken_promises: u64,
    pub(super) plays_per_cluster: u64,
    pub(super) rounds: u64,
    pub(super) starts: u64,
    pub(super) held_back: u64,
    pub(super) orders: u64,
    pub(super) late_orders: u64,
    pub(super) withdrawn: u64,
    pub(super) events: u64,
    pub(super) sounds: u64,
    pub(super) sound_seconds: u64,
    pub(super) preempted: u64,
    pub(super) emergencies: u64,
    pub(super) played: u64,
    pub(super) partial: u64,
    pub(super) missed: u64,
    pub(super) stopped: u64,
    pub(super) written_by_box: u64,
    pub(super) power_cuts: u64,
    pub(super) cuts_in_a_step: u64,
    pub(super) restarts: u64,
    pub(super) untrusted_boots: u64,
    pub(super) link_losses: u64,
    pub(super) box_outages: u64,
    pub(super) changes_of_plan: u64,
    pub(super) faults: u64,
    pub(super) rss_mb: f64,
}

impl Plan {
    pub(super) fn new(days: u16, wards: u16, clusters: u16, outcome: &Outcome) -> Self {
        let it = &outcome.figures;
        Self {
            days,
            wards,
            clusters,
            broken_promises: outcome.n_broken,
            plays_per_cluster: (it.played + it.partial) / u64::from(clusters.max(1)),
            rounds: it.rounds,
            starts: it.starts,
            held_back: it.held_back,
            orders: it.orders,
            late_orders: it.late_orders,
            withdrawn: it.withdrawn,
            events: it.events,
            sounds: it.sounds,
            sound_seconds: it.sound_seconds,
            preempted: it.preempted,
            emergencies: it.emergencies,
            played: it.played,
            partial: it.partial,
            missed: it.missed,
            stopped: it.stopped,
            written_by_box: it.written_by_box,
            power_cuts: it.power_cuts,
            cuts_in_a_step: it.cuts_in_a_step,
            restarts: it.restarts,
            untrusted_boots: it.untrusted_boots,
            link_losses: it.link_losses,
            box_outages: it.box_outages,
            changes_of_plan: it.changes_of_plan,
            faults: it.faults,
            ..Self::default()
        }
    }
}
