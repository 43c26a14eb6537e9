//! The alerts of one camera that are not cleared: from what rules say to what is told of it. Pure.

use base::{DeviceId, Picture, Size, new_uuid};
use jiff::{SignedDuration, Timestamp};
use media::CaptureClock;
use models::{ClearReason, Incident, Photo, Rect, RuleEvent, sharpness_of};
use uuid::Uuid;

use super::CameraFact;
use crate::config;
use crate::ward::alert::{Alert, Ending, News, Snapshot, Update};
use crate::ward::evidence::{Finding, Shot};

/// A picture replaces the one before only when it is this much better, and not at once.
const MUCH_BETTER: f32 = 1.3;
const BETTER_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// Pictures of one alert, the first included.
const MOST_PICTURES: u8 = 4;

#[derive(Debug)]
pub(super) struct Casebook {
    camera: DeviceId,
    labels: Vec<String>,
    cases: Vec<Case>,
}

/// One alert that goes on.
#[derive(Debug)]
struct Case {
    rule: DeviceId,
    incident: u64,
    alert: Uuid,
    /// Of the best picture so far.
    quality: f32,
    n_pictures: u8,
    pictured_at: Timestamp,
}

/// The picture that rules were asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) picture: &'a Picture<'a>,
    /// See [`crate::ward::alert::Pictures::hidden`].
    pub(super) hidden: &'a [[f32; 4]],
    pub(super) captured_at: Timestamp,
    pub(super) clock: CaptureClock,
    /// By our own clock.
    pub(super) now: Timestamp,
}

impl Casebook {
    pub(super) fn new(camera: DeviceId, labels: Vec<String>) -> Self {
        Self { camera, labels, cases: Vec::new() }
    }

    pub(super) fn note(
        &mut self,
        rule: &config::Rule,
        event: RuleEvent,
        scene: Scene<'_>,
    ) -> Option<Finding> {
        match event {
            RuleEvent::Raised(incident) => Some(self.raise(rule, &incident, scene)),
            RuleEvent::Updated(incident) => self.update(&rule.id, &incident, scene),
            RuleEvent::Cleared { incident, at, reason } => {
                self.clear(&rule.id, incident.id, at, reason)
            }
        }
    }

    /// What an edit of the rules cleared: the rule itself may be gone.
    pub(super) fn clear(
        &mut self,
        rule: &DeviceId,
        incident: u64,
        at: Timestamp,
        reason: ClearReason,
    ) -> Option<Finding> {
        let place = self.cases.iter().position(|it| it.rule == *rule && it.incident == incident)?;
        let case = self.cases.swap_remove(place);
        Some(ended(&self.camera, &case, at, reason.as_str()))
    }

    /// All of them, since nobody sees what becomes of them. What the rules say of them later is of no
    /// interest.
    pub(super) fn end(&mut self, at: Timestamp, reason: &'static str) -> Vec<Finding> {
        let cases = std::mem::take(&mut self.cases);
        cases.iter().map(|it| ended(&self.camera, it, at, reason)).collect()
    }

    /// A better picture of what goes on, where this is one.
    pub(super) fn improve(
        &mut self,
        rule: &DeviceId,
        incident: &Incident,
        scene: Scene<'_>,
    ) -> Option<Finding> {
        let case = self.case(rule, incident.id)?;
        let is_early = scene.captured_at.duration_since(case.pictured_at) < BETTER_AFTER;
        let is_seen = incident.last_seen_at == scene.captured_at;
        if is_early || !is_seen || case.n_pictures >= MOST_PICTURES {
            return None;
        }
        let quality = quality(incident, scene.picture);
        if quality < case.quality * MUCH_BETTER {
            return None;
        }
        let shot = shot(incident.area, scene)?;
        (case.quality, case.pictured_at) = (quality, scene.captured_at);
        let (alert, n) = (case.alert, case.n_pictures);
        case.n_pictures += 1;
        let camera = self.camera.clone();
        Some(Finding::Better { alert, camera, at: scene.captured_at, n, shot })
    }

    fn case(&mut self, rule: &DeviceId, incident: u64) -> Option<&mut Case> {
        self.cases.iter_mut().find(|it| it.rule == *rule && it.incident == incident)
    }

    fn raise(&mut self, rule: &config::Rule, incident: &Incident, scene: Scene<'_>) -> Finding {
        let id = new_uuid(scene.captured_at);
        self.cases.push(Case {
            rule: rule.id.clone(),
            incident: incident.id,
            alert: id,
            quality: quality(incident, scene.picture),
            n_pictures: 1,
            pictured_at: scene.captured_at,
        });
        let alert = Alert {
            id,
            camera: self.camera.clone(),
            zone: rule.id.clone(),
            zone_name: rule.name.clone(),
            rule: rule.kind.name(),
            severity: rule.severity,
            label: self.labels.get(incident.class).cloned().unwrap_or_default(),
            score: incident.score,
            track: incident.tracks.first().copied().unwrap_or_default(),
            n_objects: incident.tracks.len(),
            area: relative(incident.area, scene.picture.size()),
            began_at: incident.began_at,
            captured_at: scene.captured_at,
            clock: scene.clock,
            raised_at: scene.now,
            snapshot: Snapshot::Missing { why: String::new() },
        };
        Finding::Raised { alert: Box::new(alert), shot: shot(incident.area, scene) }
    }

    fn update(
        &mut self,
        rule: &DeviceId,
        incident: &Incident,
        scene: Scene<'_>,
    ) -> Option<Finding> {
        let alert = self.case(rule, incident.id)?.alert;
        let area = relative(incident.area, scene.picture.size());
        let news = News::GoesOn { score: incident.score, area, n_objects: incident.tracks.len() };
        let (camera, at) = (self.camera.clone(), scene.captured_at);
        Some(Finding::Told(CameraFact::Updated(Update { alert, camera, at, news })))
    }
}

fn ended(camera: &DeviceId, case: &Case, at: Timestamp, reason: &'static str) -> Finding {
    let ending = Ending { alert: case.alert, camera: camera.clone(), at, reason };
    Finding::Told(CameraFact::Cleared(ending))
}

fn shot(area: Rect, scene: Scene<'_>) -> Option<Shot> {
    let photo = Photo::of(scene.picture)?;
    Some(Shot { photo, area: Some(area), hidden: scene.hidden.to_vec() })
}

/// Large, sharp and sure, in this order of weight. Only ever compared within one alert.
fn quality(incident: &Incident, picture: &Picture<'_>) -> f32 {
    let side = incident.area.area().max(1.0).sqrt();
    side * incident.score.get() * sharpness_of(picture, incident.area).sqrt()
}

/// In parts of the picture, cut at its edges: `[left, top, right, bottom]`.
pub(super) fn relative(area: Rect, size: Size) -> [f32; 4] {
    let whole = Rect::whole(size);
    let part = |pixels: f32, side: f32| (pixels / side.max(1.0)).clamp(0.0, 1.0);
    [
        part(area.x, whole.width),
        part(area.y, whole.height),
        part(area.right(), whole.width),
        part(area.bottom(), whole.height),
    ]
}
