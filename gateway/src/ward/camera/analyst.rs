//! One camera's memory of what it saw: from pictures to findings. Runs on the detection threads.

use std::sync::Arc;

use anyhow::Context as _;
use base::{Clock, DeviceId, Picture, Score, Size, new_uuid};
use jiff::{SignedDuration, Timestamp};
use media::CaptureClock;
use models::{
    DetectError, Gate, Lens, Line, Look, Lookout, Photo, Polygon, Rect, RuleEvent, RuleKind,
    RuleSet, RuleSettings, Seen, Track, TrackerSettings,
};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::casebook::{Casebook, Scene};
use super::privacy::Privacy;
use super::{CameraFact, CameraOrders, CameraView, ComplaintChange, LatestPicture, PictureDesk};
use crate::config;
use crate::ward::alert::{Alert, Snapshot};
use crate::ward::detector::Figures;
use crate::ward::evidence::{EvidenceDesk, Finding, Shot};

/// A new track must be this much surer than one that goes on.
const START_MARGIN: f32 = 0.1;
const TELL_FAILURE_EVERY: SignedDuration = SignedDuration::from_mins(1);

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
    figures: Arc<Figures>,
    /// What a plan found: told with what the looks see, since telling may wait for the disk.
    found: Vec<Finding>,
    /// When it was last said that a picture could not be looked at.
    failure_told_at: Option<Timestamp>,
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
            figures: Arc::default(),
            found: Vec::new(),
            failure_told_at: None,
        })
    }

    pub fn camera(&self) -> &DeviceId {
        &self.camera
    }

    /// What it gets of the detector's time.
    pub fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// What of a picture the detector should look at, often nothing. Never blocks.
    pub fn plan(&mut self, picture: &Picture<'_>, captured_at: Timestamp) -> Vec<Look> {
        if let Some((rules, is_drawn)) = self.out.orders.take_change() {
            self.change_rules(rules, is_drawn, captured_at);
        }
        if self.out.desk.is_asked() {
            // Whoever may not see people must be sure that all of them were found.
            self.lookout.look_everywhere();
        }
        // After a look that failed it is all of the picture: what was not seen then is made up for.
        let looks = self.lookout.plan(picture, captured_at);
        for (complaint, begins) in self.lens.observe(picture, self.lookout.small(), captured_at) {
            let (camera, at) = (self.camera.clone(), captured_at);
            let complaint = complaint.into();
            let change = ComplaintChange { camera, complaint, begins, at, detail: None };
            self.out.view.send_modify(|view| view.note(&change));
            self.found.push(Finding::Told(CameraFact::Complaint(change)));
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
        self.out.evidence.leave_all(std::mem::take(&mut self.found));
        if self.figures.judged(seen.as_ref(), Instant::now()) == Some(false) {
            debug!(camera = %self.camera, "a picture could be looked at again");
        }
        let has_failed = seen.is_err();
        let seen = seen.unwrap_or_else(|err| {
            self.failed(&err, captured_at);
            Seen::default()
        });
        let tracks = self.lookout.absorb(picture, &seen, captured_at).to_vec();
        let hidden = self.privacy.hides(&self.lookout, picture.size(), has_failed);
        if self.out.desk.take_request() {
            show(&self.out.desk, picture, &tracks, hidden.clone(), captured_at);
        }
        let now = self.out.clock.now();
        let scene = Scene { picture, hidden: &hidden, captured_at, clock, now };
        self.judge(&tracks, scene);
        // An alarm from a camera that sees nothing would prove the opposite of the truth.
        if !self.figures.is_failing() && self.out.orders.take_test() {
            self.test(scene);
        }
    }

    /// No picture has come for long.
    pub fn end(&mut self, at: Timestamp) {
        self.out.evidence.leave_all(std::mem::take(&mut self.found));
        self.out.evidence.leave_all(self.casebook.end(at, "camera_offline"));
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

    fn change_rules(&mut self, rules: Vec<config::Rule>, is_drawn: bool, now: Timestamp) {
        let judged = match judged(&self.camera, &rules, &self.labels) {
            Ok(judged) => judged,
            // Refused at the door already; a model that was changed since then can do it.
            Err(err) => return warn!("the rules stay as they were: {err:#}"),
        };
        for (id, event) in self.judge.change(judged, now) {
            if let RuleEvent::Cleared { incident, at, reason } = event {
                self.found.extend(self.casebook.clear(&id, incident.id, at, reason));
            }
        }
        // Whoever draws a shape does it on the picture of now. Other hours, or a command from afar, say
        // nothing about the scene.
        let is_new = |it: &config::Rule| !self.rules.iter().any(|old| shape(old) == shape(it));
        if is_drawn && rules.iter().any(is_new) {
            self.lens.accept_scene();
        }
        self.rules = rules;
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

    fn failed(&mut self, err: &DetectError, now: Timestamp) {
        // A broken model fails five times a second, or every other time.
        let is_told = |at: Timestamp| {
            (SignedDuration::ZERO..TELL_FAILURE_EVERY).contains(&now.duration_since(at))
        };
        if !self.failure_told_at.is_some_and(is_told) {
            let err: &dyn std::error::Error = err;
            warn!(camera = %self.camera, err, "a picture could not be looked at");
            self.failure_told_at = Some(now);
        }
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// Where a rule looks.
fn shape(rule: &config::Rule) -> (Option<&Polygon>, Option<&Line>) {
    let line = if let RuleKind::Line { line, .. } = &rule.kind { Some(line) } else { None };
    (rule.kind.area(), line)
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
