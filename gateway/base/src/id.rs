//! Who is who: device ids, and the ids that we make.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

/// The id of a box, a loudspeaker cluster or the centre: certificate name, MQTT client id and topic
/// level at once. Invariant: `[a-z0-9-]{1,23}` (23 is what MQTT 3.1.1 section 3.1.3.1 promises).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a device id: use 1 to 23 of a-z, 0-9 and -")]
pub struct DeviceIdError(String);

/// A `UUIDv7` (RFC 9562) made at `now`: sorts by time, so an index on it stays compact.
pub fn new_uuid(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
}

impl DeviceId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceId {
    type Err = DeviceIdError;

    fn from_str(text: &str) -> Result<Self, DeviceIdError> {
        let fits = (1..=23).contains(&text.len())
            && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(DeviceIdError(text.to_owned())) }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_is_a_topic_level() {
        assert_eq!("loa-cau-tre-017".parse::<DeviceId>().unwrap().as_str(), "loa-cau-tre-017");
        for refused in ["", "Box", "a/b", "a+b", "cầu-tre", "abcdefghijklmnopqrstuvwx"] {
            assert!(refused.parse::<DeviceId>().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_later_uuid_sorts_later() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert!(new_uuid(at(1_800_000_000)) < new_uuid(at(1_800_000_001)));
    }
}
