//! The multipart form of a new bulletin: small fields to memory, the recording to a file.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use broadcast::place::{Audience, UnknownAddressee};
use broadcast::shelf::Kind;
use broadcast::{OrderError, Priority, Resume};
use jiff::Timestamp;

use super::wire::Edit;
use crate::ward::broadcast::{Bulletins, Changes, NewBulletin, NewSound, PolicyChoice, Source};
use crate::web::error::ApiError;

/// A text of 15 minutes has about 15 000 characters, of up to 3 bytes each.
const LONGEST_FIELD_BYTES: usize = 64 * 1024;
/// Our own form has eleven.
const MOST_FIELDS: usize = 16;
const DEFAULT_VOICE: &str = "north";

#[derive(Default)]
struct Form {
    title: Option<String>,
    targets: Option<String>,
    priority: Option<String>,
    text: Option<String>,
    voice: Option<String>,
    expires_at: Option<String>,
    resume: Option<String>,
    catch_up_ms: Option<String>,
    template: Option<String>,
    values: Option<String>,
    /// Of a stored sound.
    kind: Option<String>,
    upload: Option<Source>,
}

pub(super) async fn read(
    bulletins: &Bulletins,
    mut parts: Multipart,
) -> Result<NewBulletin, ApiError> {
    whole(bulletins, &mut parts).await?.believe()
}

/// A chime or an alarm clip: a title, a kind, and where its sound comes from.
pub(in crate::web) async fn read_sound(
    bulletins: &Bulletins,
    mut parts: Multipart,
) -> Result<NewSound, ApiError> {
    whole(bulletins, &mut parts).await?.believe_sound()
}

/// An edit that changes nothing would take the approvals for nothing.
pub(super) fn changes(edit: Edit) -> Result<Changes, ApiError> {
    if edit == Edit::default() {
        let known = "title, targets, priority, expires_at, resume or catch_up_ms";
        return Err(invalid(format!("give what to change: {known}")));
    }
    let choice = PolicyChoice {
        resume: edit.resume.as_deref().map(resume).transpose()?,
        catch_up: edit.catch_up_ms.map(Duration::from_millis),
    };
    Ok(Changes {
        title: edit.title,
        targets: edit.targets.as_deref().map(targets).transpose()?,
        priority: edit.priority.as_deref().map(priority).transpose()?,
        expires_at: edit.expires_at.as_deref().map(instant).transpose()?,
        choice,
    })
}

async fn whole(bulletins: &Bulletins, parts: &mut Multipart) -> Result<Form, ApiError> {
    let read = fields(bulletins, parts).await;
    if read.is_err() {
        drain(parts).await;
    }
    read
}

/// Clients send their whole form before they listen: one that is answered earlier, by a closed
/// connection, never hears why. What is still to come is thrown away, up to the route's bound.
async fn drain(parts: &mut Multipart) {
    // Skips what is left of the field before; the first mistake ends it.
    while let Ok(Some(mut part)) = parts.next_field().await {
        while let Ok(Some(_)) = part.chunk().await {}
    }
}

async fn fields(bulletins: &Bulletins, parts: &mut Multipart) -> Result<Form, ApiError> {
    let mut form = Form::default();
    for _ in 0..MOST_FIELDS {
        let Some(part) = parts.next_field().await.map_err(|err| broken(&err))? else {
            return Ok(form);
        };
        let name = part.name().unwrap_or_default().to_owned();
        let slot = match name.as_str() {
            "file" => {
                form.upload = Some(spool(bulletins, part).await?);
                continue;
            }
            "title" => &mut form.title,
            "targets" => &mut form.targets,
            "priority" => &mut form.priority,
            "text" => &mut form.text,
            "voice" => &mut form.voice,
            "expires_at" => &mut form.expires_at,
            "resume" => &mut form.resume,
            "catch_up_ms" => &mut form.catch_up_ms,
            "template" => &mut form.template,
            "values" => &mut form.values,
            "kind" => &mut form.kind,
            other => return Err(invalid(format!("{other:?} is not a field of a bulletin"))),
        };
        *slot = Some(short(part).await?);
    }
    Err(invalid(format!("more than {MOST_FIELDS} fields")))
}

impl Form {
    fn believe(mut self) -> Result<NewBulletin, ApiError> {
        let title = self.title.take().ok_or_else(|| invalid("title: is needed"))?;
        if self.kind.is_some() {
            return Err(invalid("kind: is of a stored sound, not of a bulletin"));
        }
        let choice = PolicyChoice {
            resume: self.resume.as_deref().map(resume).transpose()?,
            catch_up: self.catch_up_ms.as_deref().map(catch_up).transpose()?,
        };
        let source = self.source()?;
        Ok(NewBulletin {
            title,
            targets: targets(self.targets.as_deref().unwrap_or("all"))?,
            priority: priority(self.priority.as_deref().unwrap_or("normal"))?,
            source,
            expires_at: self.expires_at.as_deref().map(instant).transpose()?,
            choice,
        })
    }

    fn believe_sound(mut self) -> Result<NewSound, ApiError> {
        let title = self.title.take().ok_or_else(|| invalid("title: is needed"))?;
        let kind = self.kind.as_deref().and_then(Kind::parse);
        let kind = kind.ok_or_else(|| invalid("kind: use alarm or chime"))?;
        let of_a_play =
            [&self.targets, &self.priority, &self.expires_at, &self.resume, &self.catch_up_ms];
        if of_a_play.into_iter().any(Option::is_some) {
            return Err(invalid(
                "a stored sound has no targets, priority, expires_at, resume or catch_up_ms",
            ));
        }
        Ok(NewSound { kind, title, source: self.source()? })
    }

    fn source(&mut self) -> Result<Source, ApiError> {
        if self.values.is_some() && self.template.is_none() {
            return Err(invalid("values: are for a template, which is missing"));
        }
        let source = match (self.upload.take(), self.text.take(), self.template.take()) {
            (Some(upload), None, None) => upload,
            (None, Some(text), None) => {
                let voice = self.voice.take().unwrap_or_else(|| DEFAULT_VOICE.to_owned());
                Source::Speech { text, voice }
            }
            (None, None, Some(id)) => Source::Template {
                id: id.parse().map_err(|_| ApiError::not_found("template"))?,
                values: values(self.values.as_deref().unwrap_or("{}"))?,
                voice: self.voice.take(),
            },
            (None, None, None) => {
                return Err(invalid("give a file, or a text to be read, or a template"));
            }
            _ => return Err(invalid("give a file, a text or a template, and one of them only")),
        };
        Ok(source)
    }
}

/// The file goes to disk piece by piece; the service refuses it as soon as it is too large.
async fn spool(bulletins: &Bulletins, mut part: Field<'_>) -> Result<Source, ApiError> {
    let file_name: String = part.file_name().unwrap_or("upload").chars().take(200).collect();
    let mut spool = bulletins.spool().await?;
    while let Some(piece) = part.chunk().await.map_err(|err| broken(&err))? {
        spool.write(&piece).await.map_err(crate::ward::broadcast::BulletinError::from)?;
    }
    Ok(Source::Upload { file_name, spool })
}

async fn short(mut part: Field<'_>) -> Result<String, ApiError> {
    let name = part.name().unwrap_or("a field").to_owned();
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|err| broken(&err))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST_FIELD_BYTES {
            let message = format!("{name}: at most {LONGEST_FIELD_BYTES} bytes are taken");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message));
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid(format!("{name}: is not UTF-8 text")))
}

/// `all`, or cluster ids and `place:CODE` with commas between; the service says which of them it does not
/// know.
fn targets(text: &str) -> Result<Audience, ApiError> {
    text.parse().map_err(|err: UnknownAddressee| invalid(err.to_string()))
}

/// An emergency ignores quiet hours, so it takes a one-time password, which is not asked for yet:
/// until then nobody gets one by choosing a word.
fn priority(text: &str) -> Result<Priority, ApiError> {
    let all = [Priority::Normal, Priority::Priority];
    let found = all.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| invalid(format!("priority {text:?}: use normal or priority")))
}

fn resume(text: &str) -> Result<Resume, ApiError> {
    text.parse().map_err(|err: OrderError| invalid(err.to_string()))
}

fn catch_up(text: &str) -> Result<Duration, ApiError> {
    let millis = text.parse().map_err(|_| {
        invalid(format!("catch_up_ms {text:?}: give whole milliseconds, 0 or more"))
    })?;
    Ok(Duration::from_millis(millis))
}

fn values(json: &str) -> Result<BTreeMap<String, String>, ApiError> {
    serde_json::from_str(json)
        .map_err(|_| invalid("values: is not a JSON object of texts such as {\"giờ\": \"17h30\"}"))
}

fn instant(text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_| invalid(format!("expires_at {text:?}: give it as RFC 3339")))
}

fn broken(err: &MultipartError) -> ApiError {
    let code = if err.status() == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "invalid" };
    ApiError::new(err.status(), code, err.body_text())
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_all_or_named() {
        let written = |text: &str| targets(text).unwrap().to_string();
        assert_eq!(written(" all "), "all");
        assert_eq!(written("loa-2, place:20242,loa-1,"), "loa-1 loa-2 place:20242");
        assert_eq!(targets("").unwrap(), Audience::Some([].into()));
        assert!(targets("place:Hải Châu").is_err());
    }
}
