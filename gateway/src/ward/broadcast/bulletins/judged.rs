//! A draft that is handed in, what its approvers make of it, and how it leaves the calendar again.

use broadcast::bulletin::{Event, UserId, mark};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Bulletins;
use super::step::{Step, approved, planned};
use crate::ward::broadcast::error::BulletinError;
use crate::ward::broadcast::view::{BulletinView, Seen};

impl Bulletins {
    pub async fn submit(&self, user: &UserId, id: Uuid) -> Result<BulletinView, BulletinError> {
        let event = Event::Submitted { by: user.clone() };
        self.step(user, id, Step { word: "bulletin.submit", event, detail: Value::Null }).await
    }

    /// `seen`: what the approver listened to and looked at, where the console knows it. Without it,
    /// the approval is for what is stored now.
    pub async fn approve(
        &self,
        user: &UserId,
        id: Uuid,
        seen: Seen,
    ) -> Result<BulletinView, BulletinError> {
        let view = self.kept(id).await?.view;
        let audio = seen.audio.unwrap_or(view.content.sha256);
        let schedule =
            seen.schedule.or_else(|| view.schedule.as_ref().map(|it| mark(it, &view.days)));
        // What was played to the approver is what lies on the disk.
        if !self.vault.is_intact(view.content.sha256).await {
            return Err(BulletinError::SoundChanged { title: view.title });
        }
        let detail = approved(audio, schedule, &view.origin);
        let event = Event::Approved { by: user.clone(), audio, schedule };
        let step = Step { word: "bulletin.approve", event, detail };
        let view = self.step(user, id, step).await?;
        self.wake.wake();
        Ok(view)
    }

    /// Takes it out of the calendar: what is ordered is taken back, and what sounds falls silent.
    pub async fn unschedule(&self, user: &UserId, id: Uuid) -> Result<BulletinView, BulletinError> {
        let event = Event::Unscheduled { by: user.clone() };
        let entry = self.kept(id).await?.view.schedule;
        let detail = entry.as_ref().map_or(Value::Null, planned);
        let view = self.step(user, id, Step { word: "bulletin.unschedule", event, detail }).await?;
        self.wake.wake();
        Ok(view)
    }

    pub async fn reject(
        &self,
        user: &UserId,
        id: Uuid,
        reason: String,
    ) -> Result<BulletinView, BulletinError> {
        let detail = json!({ "reason": reason });
        let event = Event::Rejected { by: user.clone(), reason };
        self.step(user, id, Step { word: "bulletin.reject", event, detail }).await
    }
}
