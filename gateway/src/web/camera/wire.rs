//! A camera as the console's API shows it.

use serde::Serialize;

use crate::ward::camera::{CameraHandle, CameraState, CameraView};
use crate::web::wire::instant;

#[derive(Debug, Serialize)]
pub(crate) struct Camera {
    id: String,
    name: String,
    /// `connecting`, `online` or `offline`.
    state: &'static str,
    since: String,
    /// Why it is offline: a word for programs, and a sentence.
    reason: Option<&'static str>,
    detail: Option<String>,
    fps: Option<f32>,
    picture_at: Option<String>,
}

impl Camera {
    pub(crate) fn new(camera: &CameraHandle, view: &CameraView) -> Self {
        let trouble = match &view.state {
            CameraState::Offline(trouble) => Some(trouble),
            CameraState::Connecting | CameraState::Online => None,
        };
        Self {
            id: camera.id.to_string(),
            name: camera.name.clone(),
            state: view.state.as_str(),
            since: instant(view.since),
            reason: trouble.map(|it| it.kind.as_str()),
            detail: trouble.map(|it| it.text.clone()),
            fps: (view.state == CameraState::Online).then_some(view.fps),
            picture_at: view.last_picture_at.map(instant),
        }
    }
}
