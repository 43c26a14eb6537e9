//! What every cluster keeps before anybody orders it: chimes, and alarm clips that a button starts.
//!
//! Pure: which sounds belong on every cluster, and which of them may. Carrying them there, and never
//! evicting them, is for whoever distributes content.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Sha256;
use uuid::Uuid;

use crate::Content;
use crate::bulletin::UserId;

/// Of the smallest cluster's card. A two-minute alarm takes 0.7 MB at the stored bit rate.
pub const MOST_BYTES: u64 = 32 << 20;
/// A ward has a handful; a cluster believes no longer list.
pub const MOST_SOUNDS: usize = 200;

/// What a stored sound is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Plays by itself, in an emergency, with every link cut.
    Alarm,
    /// Plays before or after a bulletin.
    Chime,
}

impl Kind {
    /// As in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Chime => "chime",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Alarm, Self::Chime].into_iter().find(|it| it.as_str() == text)
    }

    /// A chime is a signal and no programme; an alarm is repeated rather than long.
    pub fn longest(self) -> Duration {
        match self {
            Self::Alarm => Duration::from_mins(2),
            Self::Chime => Duration::from_secs(15),
        }
    }
}

/// One stored sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: Uuid,
    pub kind: Kind,
    pub title: String,
    pub content: Content,
    /// Who said yes, and to which sound. Nothing else than that sound goes out.
    pub approved: Option<(UserId, Sha256)>,
}

impl Item {
    /// Whether every cluster gets it: approved, and unchanged since.
    pub fn goes_ahead(&self) -> bool {
        self.approved.as_ref().is_some_and(|(_, heard)| *heard == self.content.sha256)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    #[error("{title:?} lasts {} s and at most {} s are taken for this use: cut it", duration.as_secs(), most.as_secs())]
    TooLong { title: String, duration: Duration, most: Duration },
    #[error(
        "the stored sounds would take {bytes} bytes on every cluster and {most} may be used: remove one"
    )]
    Full { bytes: u64, most: u64 },
    #[error("there are {MOST_SOUNDS} stored sounds already, and no cluster takes more: remove one")]
    Crowded,
}

/// The stored sounds of a ward, within what the smallest cluster has room for.
#[derive(Clone, Debug)]
pub struct Shelf {
    items: BTreeMap<Uuid, Item>,
    most_bytes: u64,
}

impl Shelf {
    pub fn new(most_bytes: u64) -> Self {
        Self { items: BTreeMap::new(), most_bytes }
    }

    /// Stores `item`, in place of one with its id. Changes nothing where it is refused.
    pub fn put(&mut self, item: Item) -> Result<(), ShelfError> {
        let (duration, most) = (item.content.duration, item.kind.longest());
        if duration > most {
            return Err(ShelfError::TooLong { title: item.title, duration, most });
        }
        let others = self.items.values().filter(|it| it.id != item.id);
        let bytes = others.fold(item.content.bytes, |sum, it| sum.saturating_add(it.content.bytes));
        if bytes > self.most_bytes {
            return Err(ShelfError::Full { bytes, most: self.most_bytes });
        }
        if self.items.len() >= MOST_SOUNDS && !self.items.contains_key(&item.id) {
            return Err(ShelfError::Crowded);
        }
        self.items.insert(item.id, item);
        Ok(())
    }

    pub fn remove(&mut self, id: Uuid) -> Option<Item> {
        self.items.remove(&id)
    }

    /// What every cluster must have, in the order to fetch it: alarms first, then the smaller first,
    /// so that a slow link has something soon.
    pub fn ahead(&self) -> Vec<&Item> {
        let mut ahead: Vec<&Item> = self.items.values().filter(|it| it.goes_ahead()).collect();
        ahead.sort_by_key(|it| (it.kind, it.content.bytes, it.id));
        ahead
    }

    /// Whether a cluster must not evict this sound.
    pub fn is_kept(&self, sha256: Sha256) -> bool {
        self.items.values().any(|it| it.content.sha256 == sha256 && it.goes_ahead())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(n: u8, kind: Kind, seconds: u64, bytes: u64) -> Item {
        let content =
            Content { sha256: Sha256::of(&[n]), bytes, duration: Duration::from_secs(seconds) };
        let approved = Some(("lan".parse().unwrap(), content.sha256));
        Item { id: Uuid::from_u128(n.into()), kind, title: format!("{n}"), content, approved }
    }

    #[test]
    fn alarms_go_ahead_of_chimes_and_only_what_was_heard_goes() {
        let mut shelf = Shelf::new(1_000);
        let mut changed = item(4, Kind::Alarm, 30, 10);
        changed.content.sha256 = Sha256::of(b"another sound");
        let unapproved = Item { approved: None, ..item(5, Kind::Chime, 3, 10) };
        let (large, chime, small) = (
            item(1, Kind::Alarm, 60, 300),
            item(2, Kind::Chime, 3, 20),
            item(3, Kind::Alarm, 9, 50),
        );
        for it in [&large, &chime, &small, &changed, &unapproved] {
            shelf.put(it.clone()).unwrap();
        }
        assert_eq!(shelf.ahead(), [&small, &large, &chime]);
        assert!(shelf.is_kept(chime.content.sha256));
        assert!(
            !shelf.is_kept(changed.content.sha256) && !shelf.is_kept(unapproved.content.sha256)
        );
        shelf.remove(chime.id).unwrap();
        assert!(!shelf.is_kept(chime.content.sha256));
    }

    #[test]
    fn a_programme_is_no_chime_and_a_full_shelf_says_so() {
        let mut shelf = Shelf::new(100);
        assert_eq!(
            shelf.put(item(1, Kind::Chime, 16, 10)).unwrap_err().to_string(),
            "\"1\" lasts 16 s and at most 15 s are taken for this use: cut it"
        );
        shelf.put(item(2, Kind::Chime, 5, 90)).unwrap();
        assert_eq!(
            shelf.put(item(3, Kind::Alarm, 5, 11)).unwrap_err().to_string(),
            "the stored sounds would take 101 bytes on every cluster and 100 may be used: remove one"
        );
        // In place of itself there is room.
        shelf.put(item(2, Kind::Chime, 5, 100)).unwrap();
        assert_eq!(shelf.ahead().len(), 1);
        let mut shelf = Shelf::new(MOST_BYTES);
        let numbered = |n: usize| Item {
            id: Uuid::from_u128(n.try_into().unwrap()),
            ..item(1, Kind::Chime, 1, 1)
        };
        for n in 0..MOST_SOUNDS {
            shelf.put(numbered(n)).unwrap();
        }
        assert_eq!(shelf.put(numbered(MOST_SOUNDS)), Err(ShelfError::Crowded));
        shelf.put(numbered(0)).unwrap();
    }
}
