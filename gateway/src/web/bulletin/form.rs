//! The multipart form of a new bulletin: small fields to memory, the recording to a file.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use broadcast::Priority;
use broadcast::place::{Audience, UnknownAddressee};
use jiff::Timestamp;

use crate::ward::broadcast::{Bulletins, NewBulletin, Source};
use crate::web::error::ApiError;

/// A text of 15 minutes has about 15 000 characters, of up to 3 bytes each.
const LONGEST_FIELD_BYTES: usize = 64 * 1024;
/// Our own form has eight.
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
    upload: Option<Source>,
}

pub(super) async fn read(
    bulletins: &Bulletins,
    mut parts: Multipart,
) -> Result<NewBulletin, ApiError> {
    let read = fields(bulletins, &mut parts).await;
    if read.is_err() {
        drain(&mut parts).await;
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

async fn fields(bulletins: &Bulletins, parts: &mut Multipart) -> Result<NewBulletin, ApiError> {
    let mut form = Form::default();
    for _ in 0..MOST_FIELDS {
        let Some(part) = parts.next_field().await.map_err(|err| broken(&err))? else {
            return form.believe();
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
            other => return Err(invalid(format!("{other:?} is not a field of a bulletin"))),
        };
        *slot = Some(short(part).await?);
    }
    Err(invalid(format!("more than {MOST_FIELDS} fields")))
}

impl Form {
    fn believe(self) -> Result<NewBulletin, ApiError> {
        let title = self.title.ok_or_else(|| invalid("title: is needed"))?;
        let source = match (self.upload, self.text) {
            (Some(upload), None) => upload,
            (None, Some(text)) => {
                let voice = self.voice.unwrap_or_else(|| DEFAULT_VOICE.to_owned());
                Source::Speech { text, voice }
            }
            (Some(_), Some(_)) => return Err(invalid("give a file or a text, not both")),
            (None, None) => return Err(invalid("give a file, or a text to be read")),
        };
        Ok(NewBulletin {
            title,
            targets: targets(self.targets.as_deref().unwrap_or("all"))?,
            priority: priority(self.priority.as_deref().unwrap_or("normal"))?,
            source,
            expires_at: self.expires_at.as_deref().map(instant).transpose()?,
        })
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
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|err| broken(&err))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST_FIELD_BYTES {
            let message = format!("a field may have at most {LONGEST_FIELD_BYTES} bytes");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message));
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid("a field is not UTF-8 text"))
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
