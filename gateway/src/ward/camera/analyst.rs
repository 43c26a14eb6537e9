//! One camera's memory of what it saw: from pictures to findings. Runs on the detection threads.

use std::sync::Arc;

use anyhow::Context as _;
use base::{Clock, DeviceId, Picture, Score, Size, new_uuid};
use jiff::Timestamp;
use media::CaptureClock;
use models::{
    DetectError, Gate, Lens, Look, Lookout, Photo, Rect, RuleEvent, RuleSet, RuleSettings, Seen,
    Track, TrackerSettings,
};
use tokio::sync::watch;
use tracing::{info, warn};

use super::casebook::{Casebook, Scene};
use super::privacy::Privacy;
use super::{CameraFact, CameraOrders, CameraView, ComplaintChange, LatestPicture, PictureDesk};
use crate::config;
use crate::ward::alert::{Alert, Snapshot};
use crate::ward::evidence::{EvidenceDesk, Finding, Shot};

/// A new track must be this much surer than one that goes on.
const START_MARGIN: f32 = 0.1;

/// Pictures and boxes in, findings out.
#[derive(Debug)]
pub struct Analyst {
    camera: DeviceId,
    lookout: Lookout,
    lens: Lens,
    rules: Vec<config::Rule>,
    judge: RuleSet,
    casebook: Casebook,
    labels: Vec<String>,
    privacy: Privacy,
    out: Outlet,
    /// Pictures in a row that the detector could not look at.
    n_failed: u64,
}

/// What a model can see.
#[derive(Clone, Copy, Debug)]
pub struct Sees<'a> {
    pub labels: &'a [String],
    /// The size of its input.
    pub input: Size,
}

/// Where an analyst's findings go, and where it is asked for more.
#[derive(Clone)]
pub struct Outlet {
    pub evidence: EvidenceDesk,
    pub desk: PictureDesk,
    pub orders: CameraOrders,
    pub view: watch::Sender<CameraView>,
    pub clock: Arc<dyn Clock>,
}

impl Analyst {
    /// Refuses rules that the model cannot serve.
    pub fn new(
        camera: &config::Camera,
        model: &Sees<'_>,
        min_score: Score,
        out: Outlet,
    ) -> anyhow::Result<Self> {
        let sure = min_score.get();
        let start = (sure + START_MARGIN).min(1.0);
        let settings = TrackerSettings { sure, start, ..TrackerSettings::default() };
        let labels = model.labels.to_vec();
        let judge = RuleSet::new(judged(&camera.id, &camera.rules, &labels)?);
        Ok(Self {
            camera: camera.id.clone(),
            lookout: Lookout::new(Gate::Motion, model.input, settings),
            lens: Lens::default(),
            rules: camera.rules.clone(),
            judge,
            casebook: Casebook::new(camera.id.clone(), labels.clone()),
            privacy: Privacy::new(&labels),
            labels,
            out,
            n_failed: 0,
        })
    }

    pub fn camera(&self) -> &DeviceId {
        &self.camera
    }

    /// What of a picture the detector should look at, often nothing.
    pub fn plan(&mut self, picture: &Picture<'_>, captured_at: Timestamp) -> Vec<Look> {
        if let Some(rules) = self.out.orders.take_rules() {
            self.change_rules(rules, captured_at);
        }
        if self.out.desk.is_asked() {
            // Whoever may not see people must be sure that all of them were found.
            self.lookout.look_everywhere();
        }
        let looks = self.lookout.plan(picture, captured_at);
        for (complaint, begins) in self.lens.observe(picture, self.lookout.small(), captured_at) {
            let (camera, at) = (self.camera.clone(), captured_at);
            let complaint = complaint.into();
            let change = ComplaintChange { camera, complaint, begins, at, detail: None };
            self.out.view.send_modify(|view| view.note(&change));
            self.out.evidence.leave(Finding::Told(CameraFact::Complaint(change)));
        }
        looks
    }

    /// What was seen of the picture that was planned last. Blocks while the disk is busy: meanwhile
    /// newer pictures replace older ones.
    pub fn absorb(
        &mut self,
        picture: &Picture<'_>,
        seen: Result<Seen, DetectError>,
        captured_at: Timestamp,
        clock: CaptureClock,
    ) {
        let mut has_failed = false;
        let seen = match seen {
            Ok(seen) => {
                if std::mem::take(&mut self.n_failed) > 0 {
                    info!(camera = %self.camera, "detection works again");
                }
                seen
            }
            Err(err) => {
                self.failed(&err);
                has_failed = true;
                Seen::default()
            }
        };
        let tracks = self.lookout.absorb(picture, &seen, captured_at).to_vec();
        let hidden = self.privacy.hides(&self.lookout, picture.size(), has_failed);
        if self.out.desk.take_request() {
            show(&self.out.desk, picture, &tracks, hidden.clone(), captured_at);
        }
        let now = self.out.clock.now();
        let scene = Scene { picture, hidden: &hidden, captured_at, clock, now };
        self.judge(&tracks, scene);
        if self.out.orders.take_test() {
            self.test(scene);
        }
    }

    fn judge(&mut self, tracks: &[Track], scene: Scene<'_>) {
        let size = scene.picture.size();
        for (id, event) in self.judge.observe(tracks, size, scene.captured_at) {
            let Some(rule) = self.rules.iter().find(|it| it.id == id) else { continue };
            let finding = self.casebook.note(rule, event, scene);
            self.out.evidence.leave_all(finding);
        }
        for (id, incident) in self.judge.incidents() {
            let finding = self.casebook.improve(id, incident, scene);
            self.out.evidence.leave_all(finding);
        }
    }

    fn change_rules(&mut self, rules: Vec<config::Rule>, now: Timestamp) {
        let judged = match judged(&self.camera, &rules, &self.labels) {
            Ok(judged) => judged,
            // Refused at the door already; a model that was changed since then can do it.
            Err(err) => return warn!("the rules stay as they were: {err:#}"),
        };
        for (id, event) in self.judge.change(judged, now) {
            if let RuleEvent::Cleared { incident, at, reason } = event {
                let finding = self.casebook.clear(&id, incident.id, at, reason);
                self.out.evidence.leave_all(finding);
            }
        }
        self.rules = rules;
        // Whoever draws rules does it on the picture of now.
        self.lens.accept_scene();
        info!(camera = %self.camera, "the rules were changed");
    }

    /// An alarm about nothing, which takes every step that a real one takes.
    fn test(&self, scene: Scene<'_>) {
        let alert = Alert {
            id: new_uuid(scene.captured_at),
            camera: self.camera.clone(),
            zone: self.camera.clone(),
            zone_name: self.camera.to_string(),
            rule: "test",
            severity: config::Severity::Info,
            label: String::new(),
            score: Score::default(),
            track: 0,
            n_objects: 0,
            area: [0.0, 0.0, 1.0, 1.0],
            began_at: scene.captured_at,
            captured_at: scene.captured_at,
            clock: scene.clock,
            raised_at: scene.now,
            snapshot: Snapshot::Missing { why: String::new() },
        };
        let hidden = scene.hidden.to_vec();
        let shot = Photo::of(scene.picture).map(|photo| Shot { photo, area: None, hidden });
        self.out.evidence.leave(Finding::Tested { alert: Box::new(alert), shot });
    }

    fn failed(&mut self, err: &DetectError) {
        // Once for a row of failures: a broken model fails five times a second.
        if self.n_failed == 0 {
            let err: &dyn std::error::Error = err;
            warn!(camera = %self.camera, err, "a picture could not be looked at");
        }
        self.n_failed += 1;
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// Rules as the judge knows them; refuses labels that the model does not know.
fn judged(
    camera: &DeviceId,
    rules: &[config::Rule],
    labels: &[String],
) -> anyhow::Result<Vec<(DeviceId, RuleSettings)>> {
    let settings = |rule: &config::Rule| {
        let key = format!("camera.{camera}.rule.{}", rule.id);
        let classes = classes(&rule.labels, labels, &key)?;
        Ok((rule.id.clone(), rule.settings(classes)))
    };
    rules.iter().map(settings).collect()
}

/// The places of a rule's labels among those of the model.
fn classes(wanted: &[String], known: &[String], key: &str) -> anyhow::Result<Vec<usize>> {
    let class = |label: &String| {
        known.iter().position(|it| it == label).with_context(|| {
            format!("{key}.labels: the model knows no {label:?}; it knows {}", known.join(", "))
        })
    };
    wanted.iter().map(class).collect()
}

fn show(
    desk: &PictureDesk,
    picture: &Picture<'_>,
    tracks: &[Track],
    hidden: Vec<[f32; 4]>,
    captured_at: Timestamp,
) {
    let boxes: Vec<Rect> = tracks.iter().map(|it| it.area).collect();
    match models::snapshot::jpeg(picture, &boxes) {
        Ok(jpeg) => desk.put(LatestPicture::new(jpeg, hidden, captured_at)),
        Err(err) => warn!(%err, "a picture could not be encoded"),
    }
}

#[cfg(test)]
mod tests;
