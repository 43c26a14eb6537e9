//! The ward's templates: named texts with places to fill in, from which drafts are made. The rules are
//! `broadcast::template`.

use std::collections::BTreeMap;

use base::new_uuid;
use broadcast::bulletin::UserId;
use broadcast::speech::Voice;
use broadcast::template::Template;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;
use uuid::Uuid;

use super::Bulletins;
use super::error::BulletinError;
use super::row::{parsed, time};
use crate::report::{Kind, NewEvent};

const LONGEST_NAME: usize = 200;
/// More would not be found again in a list.
const MOST_TEMPLATES: i64 = 200;

/// A template as an author hands it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    /// 1 to 200 characters, no other template's.
    pub name: String,
    pub text: String,
    /// north, central or south.
    pub voice: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateView {
    pub id: Uuid,
    pub name: String,
    pub text: String,
    pub voice: String,
    /// What is to be filled in, in the order of the text.
    pub places: Vec<String>,
    pub edited_by: UserId,
    pub edited_at: Timestamp,
}

/// What a template says once its places are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub text: String,
    pub voice: String,
}

impl Bulletins {
    /// By name.
    pub async fn templates(&self) -> Result<Vec<TemplateView>, BulletinError> {
        Ok(self.reporter().store().read(all).await?)
    }

    /// Keeps a new template, or `id` with other words.
    pub async fn keep_template(
        &self,
        user: &UserId,
        id: Option<Uuid>,
        new: NewTemplate,
    ) -> Result<TemplateView, BulletinError> {
        let view = self.believe_template(user, id, new)?;
        let reporter = self.reporter().clone();
        let write = move |conn: &Connection| {
            let is_known = find(conn, view.id)?.is_some();
            if id.is_some() && !is_known {
                return Ok(Err(BulletinError::UnknownTemplate { id: view.id }));
            }
            if is_name_taken(conn, &view)? {
                return Ok(Err(BulletinError::TemplateExists { name: view.name }));
            }
            if !is_known && is_full(conn)? {
                return Ok(Err(BulletinError::TooManyTemplates { most: MOST_TEMPLATES }));
            }
            put(conn, &view)?;
            reporter.record_in(conn, entry("template.keep", user_of(&view), &view))?;
            Ok(Ok(view))
        };
        self.reporter().store().write(write).await?
    }

    pub async fn remove_template(&self, user: &UserId, id: Uuid) -> Result<(), BulletinError> {
        let (reporter, user) = (self.reporter().clone(), user.clone());
        let now = reporter.clock().now();
        let write = move |conn: &Connection| {
            let Some(view) = find(conn, id)? else {
                return Ok(Err(BulletinError::UnknownTemplate { id }));
            };
            conn.execute("DELETE FROM bulletin_template WHERE id = ?1", [id.to_string()])?;
            let removed = NewEvent { occurred_at: now, ..entry("template.remove", &user, &view) };
            reporter.record_in(conn, removed)?;
            Ok(Ok(()))
        };
        self.reporter().store().write(write).await?
    }

    /// The words of a template with `values` in its places.
    pub(super) async fn fill(
        &self,
        id: Uuid,
        values: &BTreeMap<String, String>,
    ) -> Result<Filled, BulletinError> {
        let found = self.reporter().store().read(move |conn| find(conn, id)).await?;
        let view = found.ok_or(BulletinError::UnknownTemplate { id })?;
        let text = view.text.parse::<Template>()?.fill(values)?;
        Ok(Filled { text, voice: view.voice })
    }

    fn believe_template(
        &self,
        user: &UserId,
        id: Option<Uuid>,
        new: NewTemplate,
    ) -> Result<TemplateView, BulletinError> {
        let now = self.reporter().clock().now();
        let name = new.name.trim().to_owned();
        let n_chars = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&n_chars) {
            return Err(BulletinError::Title { n_chars });
        }
        let _: Voice = new.voice.parse().map_err(super::ingest::IngestError::from)?;
        let template: Template = new.text.parse()?;
        Ok(TemplateView {
            id: id.unwrap_or_else(|| new_uuid(now)),
            name,
            places: template.places().into_iter().map(str::to_owned).collect(),
            text: new.text,
            voice: new.voice,
            edited_by: user.clone(),
            edited_at: now,
        })
    }
}

fn user_of(view: &TemplateView) -> &UserId {
    &view.edited_by
}

fn entry(action: &str, user: &UserId, view: &TemplateView) -> NewEvent {
    let data = json!({
        "action": action,
        "user": user.as_str(),
        "template_id": view.id,
        "name": view.name,
        "text_sha256": base::Sha256::of(view.text.as_bytes()).to_string(),
    });
    NewEvent { kind: Kind::AuditEntry, occurred_at: view.edited_at, data }
}

fn all(conn: &Connection) -> rusqlite::Result<Vec<TemplateView>> {
    let mut query = conn.prepare_cached("SELECT * FROM bulletin_template ORDER BY name")?;
    query.query_map([], view_from)?.collect()
}

fn find(conn: &Connection, id: Uuid) -> rusqlite::Result<Option<TemplateView>> {
    let mut query = conn.prepare_cached("SELECT * FROM bulletin_template WHERE id = ?1")?;
    query.query_row([id.to_string()], view_from).optional()
}

fn is_name_taken(conn: &Connection, view: &TemplateView) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM bulletin_template WHERE name = ?1 AND id <> ?2";
    conn.prepare_cached(sql)?.exists(params![view.name, view.id.to_string()])
}

fn is_full(conn: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM bulletin_template";
    let n: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(n >= MOST_TEMPLATES)
}

fn put(conn: &Connection, view: &TemplateView) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR REPLACE INTO bulletin_template (id, name, text, voice, edited_by, edited_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            view.id.to_string(),
            view.name,
            view.text,
            view.voice,
            view.edited_by.as_str(),
            view.edited_at.as_millisecond(),
        ],
    )?;
    Ok(())
}

fn view_from(row: &Row<'_>) -> rusqlite::Result<TemplateView> {
    let text: String = row.get("text")?;
    let template: Template = text.parse().map_err(|err| super::row::unreadable("text", err))?;
    Ok(TemplateView {
        id: parsed(row, "id")?,
        name: row.get("name")?,
        places: template.places().into_iter().map(str::to_owned).collect(),
        text,
        voice: row.get("voice")?,
        edited_by: parsed(row, "edited_by")?,
        edited_at: time(row, "edited_at_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::error::Fault;
    use super::super::testing::{World, user};
    use super::*;

    fn meeting(name: &str) -> NewTemplate {
        let text = "Mời bà con họp lúc {giờ} ngày {ngày}.".to_owned();
        NewTemplate { name: name.to_owned(), text, voice: "north".to_owned() }
    }

    fn values(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_template_is_kept_changed_filled_and_removed() {
        let world = World::new().await;
        let (bulletins, lan) = (&world.bulletins, user("lan"));
        let kept = bulletins.keep_template(&lan, None, meeting(" Mời họp ")).await.unwrap();
        assert_eq!(
            (kept.name.as_str(), kept.places.as_slice()),
            ("Mời họp", &["giờ", "ngày"].map(str::to_owned)[..])
        );
        let filled = bulletins.fill(kept.id, &values(&[("giờ", "17h30"), ("ngày", "2/9")])).await;
        assert_eq!(filled.unwrap().text, "Mời bà con họp lúc 17h30 ngày 2/9.");
        let refused =
            bulletins.fill(kept.id, &values(&[("giờ", "17h30"), ("nơi", "ủy ban")])).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.fault(), Fault::Unprocessable);
        assert!(refused.to_string().contains("ngày") && refused.to_string().contains("nơi"));
        let other =
            NewTemplate { text: "Mất điện {ngày}.".to_owned(), ..meeting("Mời họp") };
        bulletins.keep_template(&user("hoa"), Some(kept.id), other).await.unwrap();
        let all = bulletins.templates().await.unwrap();
        assert_eq!((all.len(), all[0].edited_by.as_str()), (1, "hoa"));
        bulletins.remove_template(&lan, kept.id).await.unwrap();
        assert_eq!(bulletins.templates().await.unwrap(), []);
        let actions: Vec<_> =
            world.events().await.iter().map(|it| it.1["action"].to_string()).collect();
        assert_eq!(actions, ["\"template.keep\"", "\"template.keep\"", "\"template.remove\""]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_a_template_is_refused() {
        let world = World::new().await;
        let (bulletins, lan) = (&world.bulletins, user("lan"));
        bulletins.keep_template(&lan, None, meeting("Mời họp")).await.unwrap();
        for (new, expected) in [
            (meeting("Mời họp"), Fault::Conflict),
            (meeting(" "), Fault::Unprocessable),
            (NewTemplate { text: "lúc {giờ".into(), ..meeting("a") }, Fault::Unprocessable),
            (NewTemplate { voice: "west".into(), ..meeting("b") }, Fault::Unprocessable),
        ] {
            let refused = bulletins.keep_template(&lan, None, new).await.unwrap_err();
            assert_eq!(refused.fault(), expected, "{refused}");
        }
        let gone = bulletins.remove_template(&lan, Uuid::nil()).await.unwrap_err();
        assert_eq!(gone.fault(), Fault::NotFound);
        assert!(world.events().await.len() == 1, "what was refused is no entry");
    }
}
