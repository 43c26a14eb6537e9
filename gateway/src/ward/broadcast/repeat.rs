//! Whether a new bulletin is the same programme as one that exists. It is told, never refused: wards
//! repeat themselves on purpose.

use super::error::BulletinError;
use super::ingest::Ingested;
use super::sound_row::{self, Candidate};
use super::view::{Origin, Repeat, SameAs};
use crate::store::Store;

/// The surest of what it repeats, then the newest.
pub(super) async fn find(
    store: &Store,
    ingested: &Ingested,
) -> Result<Option<SameAs>, BulletinError> {
    let identity = ingested.facts.identity.clone();
    let asked = identity.clone();
    let candidates = store.read(move |conn| sound_row::candidates(conn, &asked)).await?;
    // Minutes of sound against minutes of sound: not on the store's thread.
    let compared = tokio::task::spawn_blocking(move || {
        let how = |it: Candidate| {
            let how = identity.sameness(&it.identity)?;
            Some((how, SameAs { id: it.id, title: it.title, how: Repeat::Sound(how) }))
        };
        candidates.into_iter().filter_map(how).min_by_key(|(how, _)| *how)
    });
    if let Ok(Some((_, same_as))) = compared.await {
        return Ok(Some(same_as));
    }
    let Origin::Speech { normalised, .. } = &ingested.origin else { return Ok(None) };
    let normalised = normalised.clone();
    Ok(store.read(move |conn| sound_row::same_text(conn, &normalised)).await?)
}
