//! A camera as the console's API shows it.

use serde::Serialize;

use crate::ward::camera::{CameraHandle, CameraState, CameraView};
use crate::ward::detector::Watched;
use crate::ward::proof::ProofView;
use crate::web::wire::{instant, length_ms};

#[derive(Debug, Serialize)]
pub(crate) struct Camera {
    id: String,
    name: String,
    /// What it is for, in the ward's words.
    purpose: String,
    /// Whether parts of its picture are painted over.
    has_masks: bool,
    /// `connecting`, `online` or `offline`.
    state: &'static str,
    since: String,
    /// Why it is offline: a word for programs, and a sentence.
    reason: Option<&'static str>,
    detail: Option<String>,
    /// Pictures a second that come, that are judged, and that are not; only while it is online.
    fps: Option<f32>,
    analysed_fps: Option<f32>,
    dropped_fps: Option<f32>,
    /// Since the start of the box: how long the newest judged picture was older than a second.
    blind_ms: u64,
    complaints: Vec<Complaint>,
    picture_at: Option<String>,
    proof: Proof,
}

/// Whether an alarm of it would be heard.
#[derive(Debug, Serialize)]
struct Proof {
    /// `off`, `open`, `proven`, `unseen`, `unheard` or `overdue`.
    state: &'static str,
    /// Of the newest test alarm, whose state it is.
    asked_at: Option<String>,
    /// Of the one that came back last: when the camera raised it, and when the centre's word came.
    raised_at: Option<String>,
    proven_at: Option<String>,
    /// How often; null: never.
    every_ms: Option<u64>,
}

/// Pictures come, but something is wrong with them.
#[derive(Debug, Serialize)]
struct Complaint {
    /// `frozen`, `dark`, `blurred`, `moved`, `clock_skew` or `low_fps`.
    kind: &'static str,
    since: String,
}

impl Camera {
    pub(crate) fn new(
        camera: &CameraHandle,
        view: &CameraView,
        watched: Watched,
        proof: ProofView,
    ) -> Self {
        let trouble = match &view.state {
            CameraState::Offline(trouble) => Some(trouble),
            CameraState::Connecting | CameraState::Online => None,
        };
        let is_online = view.state == CameraState::Online;
        Self {
            id: camera.id.to_string(),
            name: camera.name.clone(),
            purpose: camera.purpose.clone(),
            has_masks: camera.has_masks,
            state: view.state.as_str(),
            since: instant(view.since),
            reason: trouble.map(|it| it.kind.as_str()),
            detail: trouble.map(|it| it.text.clone()),
            fps: is_online.then_some(view.fps),
            analysed_fps: is_online.then_some(view.analysed_fps),
            dropped_fps: is_online.then_some(view.dropped_fps),
            blind_ms: watched.blind_ms,
            complaints: view
                .complaints
                .iter()
                .map(|(it, since)| Complaint { kind: it.as_str(), since: instant(*since) })
                .collect(),
            picture_at: view.last_picture_at.map(instant),
            proof: Proof::from(proof),
        }
    }
}

impl From<ProofView> for Proof {
    fn from(proof: ProofView) -> Self {
        Self {
            state: proof.standing.as_str(),
            asked_at: proof.asked_at.map(instant),
            raised_at: proof.good.map(|it| instant(it.raised_at)),
            proven_at: proof.good.map(|it| instant(it.proven_at)),
            every_ms: proof.every.map(length_ms),
        }
    }
}
