//! The answer to `GET /v1/shelf`, which a broken or hostile box may have sent.

use std::time::Duration;

use base::Sha256;
use broadcast::Content;
use broadcast::shelf::{Kind, MOST_BYTES, MOST_SOUNDS};
use serde::Deserialize;

#[derive(Deserialize)]
struct ShelfV1 {
    sounds: Vec<SoundV1>,
}

#[derive(Deserialize)]
struct SoundV1 {
    /// `alarm`, `chime`, or what a later version adds.
    kind: String,
    sha256: String,
    bytes: u64,
    duration_ms: u64,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAShelf {
    #[error("the box's answer is not a list of sounds")]
    Json,
    #[error("it lists {n} sounds, and a shelf has at most {MOST_SOUNDS}")]
    TooMany { n: usize },
    #[error("its sounds take {bytes} bytes, and a shelf has at most {MOST_BYTES}")]
    TooLarge { bytes: u64 },
    #[error("{text:?} is not a SHA-256")]
    Hash { text: String },
    #[error("{sha256} is listed as empty")]
    Empty { sha256: Sha256 },
    #[error("{sha256} lasts {} s, which is too long for a sound of its kind", duration.as_secs())]
    TooLong { sha256: Sha256, duration: Duration },
    #[error("{sha256} is listed twice, with different sizes")]
    Contradiction { sha256: Sha256 },
}

/// The sounds in the order to fetch them, each once. One that cannot be believed makes all of it doubtful.
pub(super) fn shelf_from_json(body: &[u8]) -> Result<Vec<Content>, NotAShelf> {
    let wire: ShelfV1 = serde_json::from_slice(body).map_err(|_| NotAShelf::Json)?;
    let n = wire.sounds.len();
    if n > MOST_SOUNDS {
        return Err(NotAShelf::TooMany { n });
    }
    let mut sounds: Vec<Content> = Vec::with_capacity(n);
    for sound in wire.sounds {
        let content = sound.believe()?;
        match sounds.iter().find(|it| it.sha256 == content.sha256) {
            None => sounds.push(content),
            // An alarm may also be a chime.
            Some(known) if *known == content => {}
            Some(_) => return Err(NotAShelf::Contradiction { sha256: content.sha256 }),
        }
    }
    let bytes = sounds.iter().fold(0, |sum: u64, it| sum.saturating_add(it.bytes));
    if bytes > MOST_BYTES {
        return Err(NotAShelf::TooLarge { bytes });
    }
    Ok(sounds)
}

impl SoundV1 {
    fn believe(self) -> Result<Content, NotAShelf> {
        let parsed = self.sha256.parse();
        let sha256: Sha256 = parsed.map_err(|_| NotAShelf::Hash { text: self.sha256 })?;
        if self.bytes == 0 || self.duration_ms == 0 {
            return Err(NotAShelf::Empty { sha256 });
        }
        let duration = Duration::from_millis(self.duration_ms);
        // A kind that this version does not know is carried all the same.
        let longest = Kind::parse(&self.kind).unwrap_or(Kind::Alarm).longest();
        if duration > longest {
            return Err(NotAShelf::TooLong { sha256, duration });
        }
        Ok(Content { sha256, bytes: self.bytes, duration })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sound(n: usize, kind: &str, bytes: u64, duration_ms: u64) -> Value {
        let sha256 = Sha256::of(&n.to_be_bytes()).to_string();
        json!({ "id": n, "kind": kind, "sha256": sha256, "bytes": bytes, "duration_ms": duration_ms })
    }

    fn read(sounds: &[Value]) -> Result<Vec<Content>, NotAShelf> {
        shelf_from_json(json!({ "sounds": sounds, "later": 1 }).to_string().as_bytes())
    }

    #[test]
    fn a_list_is_read_in_its_order_and_each_sound_once() {
        assert_eq!(read(&[]), Ok(vec![]));
        let (alarm, chime) = (sound(1, "alarm", 900, 120_000), sound(2, "chime", 90, 15_000));
        let as_chime = sound(3, "chime", 700, 9_000);
        let twice = sound(3, "alarm", 700, 9_000);
        let later = sound(4, "jingle", 5, 20_000);
        let read = read(&[alarm, chime, as_chime, twice, later]).unwrap();
        let bytes: Vec<u64> = read.iter().map(|it| it.bytes).collect();
        assert_eq!(bytes, [900, 90, 700, 5]);
    }

    #[test]
    fn what_no_box_of_ours_would_send_is_refused_in_words() {
        for body in ["", "[]", "{}", "{\"sounds\":[{}]}", "{\"sounds\":[{\"bytes\":-1}]}"] {
            assert_eq!(shelf_from_json(body.as_bytes()), Err(NotAShelf::Json), "{body}");
        }
        let said = |sounds: &[Value]| read(sounds).unwrap_err().to_string();
        let mut path = sound(1, "chime", 1, 1);
        path["sha256"] = json!("../../etc/passwd");
        assert_eq!(said(&[path]), "\"../../etc/passwd\" is not a SHA-256");
        assert!(said(&[sound(1, "chime", 0, 1_000)]).ends_with("is listed as empty"));
        assert!(said(&[sound(1, "chime", 9, 0)]).ends_with("is listed as empty"));
        assert!(said(&[sound(1, "chime", 9, 16_000)]).contains("lasts 16 s"));
        assert!(said(&[sound(1, "jingle", 9, u64::MAX)]).contains("too long"));
        let two = [sound(1, "chime", 9, 1_000), sound(1, "chime", 8, 1_000)];
        assert!(said(&two).ends_with("with different sizes"));
        let huge = [sound(1, "alarm", u64::MAX, 1_000), sound(2, "alarm", 1, 1_000)];
        assert!(said(&huge).contains("at most 33554432"));
        let many: Vec<Value> = (0..=MOST_SOUNDS).map(|n| sound(n, "chime", 1, 1_000)).collect();
        assert_eq!(said(&many), "it lists 201 sounds, and a shelf has at most 200");
    }
}
