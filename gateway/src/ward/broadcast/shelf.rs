//! Chimes and alarm clips: put by an author, approved by somebody else, then on every cluster before
//! anybody orders them. What belongs there is `broadcast::shelf`'s to say.

use base::{Sha256, new_uuid};
use broadcast::bulletin::{Refused, UserId};
use broadcast::shelf::{Item, Kind, MOST_BYTES, Shelf};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Bulletins;
use super::error::BulletinError;
use super::row::{content_from, count, millis, parsed, parsed_if_any, time, unreadable};
use super::view::Source;
use crate::report::{Kind as EventKind, NewEvent};
use crate::store::{Store, StoreError};

/// A stored sound as an author hands it in.
#[derive(Debug)]
pub struct NewSound {
    pub kind: Kind,
    /// 1 to 200 characters.
    pub title: String,
    pub source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundView {
    pub item: Item,
    pub put_by: UserId,
    pub put_at: Timestamp,
    pub approved_at: Option<Timestamp>,
}

impl Bulletins {
    /// The shelf, alarms first, the oldest first.
    pub async fn sounds(&self) -> Result<Vec<SoundView>, BulletinError> {
        Ok(self.reporter().store().read(all).await?)
    }

    /// Checks the sound, brings it to the house's loudness and keeps it, until somebody else approves it.
    pub async fn put_sound(
        &self,
        user: &UserId,
        new: NewSound,
    ) -> Result<SoundView, BulletinError> {
        let title = new.title.trim().to_owned();
        let n_chars = title.chars().count();
        if !(1..=super::bulletins::LONGEST_TITLE).contains(&n_chars) {
            return Err(BulletinError::Title { n_chars });
        }
        let content = self.ingest(new.source).await?.content;
        let put_at = self.reporter().clock().now();
        let item = Item { id: new_uuid(put_at), kind: new.kind, title, content, approved: None };
        let view = SoundView { item, put_by: user.clone(), put_at, approved_at: None };
        let (reporter, user) = (self.reporter().clone(), user.clone());
        let write = move |conn: &Connection| {
            let mut shelf = shelf(conn)?;
            if let Err(refused) = shelf.put(view.item.clone()) {
                return Ok(Err(refused.into()));
            }
            insert(conn, &view)?;
            reporter.record_in(conn, entry("sound.put", &user, &view.item, put_at))?;
            Ok(Ok(view))
        };
        self.reporter().store().write(write).await?
    }

    /// `heard`: what the approver listened to, where the console knows it.
    pub async fn approve_sound(
        &self,
        user: &UserId,
        id: Uuid,
        heard: Option<Sha256>,
    ) -> Result<SoundView, BulletinError> {
        let found = self.reporter().store().read(move |conn| find(conn, id)).await?;
        let item = found.ok_or(BulletinError::UnknownSound { id })?.item;
        if !self.vault().is_intact(item.content.sha256).await {
            return Err(BulletinError::SoundChanged { title: item.title });
        }
        let now = self.reporter().clock().now();
        let (reporter, user) = (self.reporter().clone(), user.clone());
        let write = move |conn: &Connection| {
            let Some(mut view) = find(conn, id)? else {
                return Ok(Err(BulletinError::UnknownSound { id }));
            };
            if let Err(refused) = approve(&mut view, &user, heard, now) {
                return Ok(Err(refused));
            }
            conn.execute(
                "UPDATE stored_sound SET approved_by = ?2, approved_at_ms = ?3, \
                 approved_sha256 = audio_sha256 WHERE id = ?1",
                params![id.to_string(), user.as_str(), now.as_millisecond()],
            )?;
            reporter.record_in(conn, entry("sound.approve", &user, &view.item, now))?;
            Ok(Ok(view))
        };
        self.reporter().store().write(write).await?
    }

    pub async fn remove_sound(&self, user: &UserId, id: Uuid) -> Result<(), BulletinError> {
        let now = self.reporter().clock().now();
        let (reporter, user) = (self.reporter().clone(), user.clone());
        let write = move |conn: &Connection| {
            let Some(view) = find(conn, id)? else {
                return Ok(Err(BulletinError::UnknownSound { id }));
            };
            conn.execute("DELETE FROM stored_sound WHERE id = ?1", [id.to_string()])?;
            reporter.record_in(conn, entry("sound.remove", &user, &view.item, now))?;
            Ok(Ok(()))
        };
        self.reporter().store().write(write).await?
    }

    /// The Ogg/Opus file of a stored sound, to listen to before approving.
    pub async fn sound_file(&self, id: Uuid) -> Result<std::path::PathBuf, BulletinError> {
        let found = self.reporter().store().read(move |conn| find(conn, id)).await?;
        let sha256 = found.ok_or(BulletinError::UnknownSound { id })?.item.content.sha256;
        Ok(self.content_file(sha256))
    }
}

/// What every cluster must have, in the order to fetch it.
pub async fn ahead(store: &Store) -> Result<Vec<Item>, StoreError> {
    let ahead = |conn: &Connection| Ok(shelf(conn)?.ahead().into_iter().cloned().collect());
    store.read(ahead).await
}

fn approve(
    view: &mut SoundView,
    user: &UserId,
    heard: Option<Sha256>,
    now: Timestamp,
) -> Result<(), BulletinError> {
    let audio = view.item.content.sha256;
    if view.put_by == *user {
        return Err(Refused::OwnWork { user: user.clone() }.into());
    }
    if let Some(heard) = heard.filter(|it| *it != audio) {
        return Err(Refused::AudioChanged { heard, now: audio }.into());
    }
    if view.item.approved.is_some() {
        return Err(BulletinError::SoundApproved { title: view.item.title.clone() });
    }
    view.item.approved = Some((user.clone(), audio));
    view.approved_at = Some(now);
    Ok(())
}

fn entry(action: &str, user: &UserId, item: &Item, now: Timestamp) -> NewEvent {
    let data: Value = json!({
        "action": action,
        "user": user.as_str(),
        "sound_id": item.id,
        "kind": item.kind.as_str(),
        "title": item.title,
        "sha256": item.content.sha256.to_string(),
    });
    NewEvent { kind: EventKind::AuditEntry, occurred_at: now, data }
}

fn shelf(conn: &Connection) -> rusqlite::Result<Shelf> {
    let mut shelf = Shelf::new(MOST_BYTES);
    for view in all(conn)? {
        // What was taken before stays, even if less would be taken today.
        let _ = shelf.put(view.item);
    }
    Ok(shelf)
}

fn all(conn: &Connection) -> rusqlite::Result<Vec<SoundView>> {
    let mut query = conn.prepare_cached("SELECT * FROM stored_sound ORDER BY kind, id")?;
    query.query_map([], view_from)?.collect()
}

fn find(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<SoundView>> {
    let mut query = conn.prepare_cached("SELECT * FROM stored_sound WHERE id = ?1")?;
    query.query_row([id.to_string()], view_from).optional()
}

fn insert(conn: &Connection, view: &SoundView) -> rusqlite::Result<()> {
    let Item { id, kind, title, content, approved: _ } = &view.item;
    conn.execute(
        "INSERT INTO stored_sound (id, kind, title, put_by, put_at_ms, audio_sha256, audio_bytes, \
         duration_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id.to_string(),
            kind.as_str(),
            title,
            view.put_by.as_str(),
            view.put_at.as_millisecond(),
            content.sha256.to_string(),
            count(content.bytes),
            millis(content.duration),
        ],
    )?;
    Ok(())
}

fn view_from(row: &Row<'_>) -> rusqlite::Result<SoundView> {
    let kind: String = row.get("kind")?;
    let by = parsed_if_any::<UserId>(row, "approved_by")?;
    let item = Item {
        id: parsed(row, "id")?,
        kind: Kind::parse(&kind).ok_or_else(|| unreadable("kind", kind))?,
        title: row.get("title")?,
        content: content_from(row)?,
        approved: by.zip(parsed_if_any(row, "approved_sha256")?),
    };
    let approved_at = super::row::optional_time(row, "approved_at_ms")?;
    let (put_by, put_at) = (parsed(row, "put_by")?, time(row, "put_at_ms")?);
    Ok(SoundView { item, put_by, put_at, approved_at })
}

#[cfg(all(test, feature = "gst"))]
mod tests {
    use super::super::error::Fault;
    use super::super::testing::{World, user};
    use super::*;

    fn siren(kind: Kind, text: &str) -> NewSound {
        let source = Source::Speech { text: text.to_owned(), voice: "north".to_owned() };
        NewSound { kind, title: "Báo cháy".to_owned(), source }
    }

    #[tokio::test]
    async fn a_sound_goes_ahead_once_somebody_else_approved_it() {
        let world = World::new().await;
        let (bulletins, lan, minh) = (&world.bulletins, user("lan"), user("minh"));
        let put = bulletins.put_sound(&lan, siren(Kind::Alarm, "Cháy! Cháy!")).await.unwrap();
        assert_eq!(ahead(&world.store).await.unwrap(), []);
        let id = put.item.id;
        let own = bulletins.approve_sound(&lan, id, None).await.unwrap_err();
        assert_eq!(own.fault(), Fault::Forbidden);
        let other = Some(Sha256::of(b"what was heard yesterday"));
        let changed = bulletins.approve_sound(&minh, id, other).await.unwrap_err();
        assert_eq!(changed.fault(), Fault::Conflict);
        let heard = Some(put.item.content.sha256);
        let approved = bulletins.approve_sound(&minh, id, heard).await.unwrap();
        assert_eq!(ahead(&world.store).await.unwrap(), [approved.item]);
        let again = bulletins.approve_sound(&user("hoa"), id, None).await.unwrap_err();
        assert_eq!(again.fault(), Fault::Conflict);
        bulletins.remove_sound(&minh, id).await.unwrap();
        assert_eq!(ahead(&world.store).await.unwrap(), []);
        let actions: Vec<_> = world
            .events()
            .await
            .iter()
            .map(|it| it.1["action"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(actions, ["sound.put", "sound.approve", "sound.remove"]);
    }

    #[tokio::test]
    async fn a_programme_is_no_chime_and_damaged_sound_is_not_approved() {
        let world = World::new().await;
        let (bulletins, lan) = (&world.bulletins, user("lan"));
        let long = "Kính mời toàn thể bà con trong phường ra nhà văn hóa. ".repeat(8);
        let refused = bulletins.put_sound(&lan, siren(Kind::Chime, &long)).await.unwrap_err();
        assert_eq!(refused.fault(), Fault::Unprocessable);
        assert!(refused.to_string().contains("at most 15 s"), "{refused}");
        let put = bulletins.put_sound(&lan, siren(Kind::Chime, "Xin chào.")).await.unwrap();
        std::fs::write(bulletins.sound_file(put.item.id).await.unwrap(), "khác").unwrap();
        let damaged = bulletins.approve_sound(&user("minh"), put.item.id, None).await.unwrap_err();
        assert!(matches!(damaged, BulletinError::SoundChanged { .. }));
        assert_eq!(bulletins.sounds().await.unwrap().len(), 1);
    }
}
