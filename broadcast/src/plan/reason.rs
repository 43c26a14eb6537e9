//! Why something plays, and why something does not, for machines and as sentences.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Ground;
use crate::bulletin::Why;
use crate::quiet::QuietHours;
use crate::quota::Limit;

/// Why a start is held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<Id> {
    NotApproved,
    /// The sound on the disk is missing, or not the one that was approved.
    SoundChanged,
    /// The oldest signature is older than signatures may be when it would sound.
    ApprovalLapsed {
        at: Timestamp,
    },
    /// One person signed, and at this time it takes two.
    OneApproval {
        why: Why,
    },
    /// None of the places that it is for has a cluster on that day.
    NoCluster,
    Expired {
        at: Timestamp,
    },
    /// Its own schedule is silent on days of this layer.
    DayOff {
        layer: String,
        /// What the layer calls the day.
        label: String,
    },
    /// Its own schedule plays on days of this layer alone.
    OtherDay {
        layer: String,
    },
    /// It should move away from days of this layer, and there is no other day within a month.
    NoDay {
        layer: String,
    },
    /// Its sound would be heard in quiet hours.
    QuietHours {
        hours: QuietHours,
    },
    /// Something that goes first sounds on the same clusters then.
    Clash {
        with: Id,
        at: Timestamp,
        ground: Ground,
    },
    /// The ward has used up what it may broadcast on that day, on one of its clusters at least.
    Quota {
        quota: String,
        limit: Limit,
        day: Date,
    },
}

/// Something worth knowing about a play that plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause<Id> {
    /// It sounds or has sounded, whatever the rules say now.
    Begun,
    /// It is an emergency, and these quiet hours do not hold for it.
    Emergency { hours: QuietHours },
    /// It was to play at `from`, which is on a day of this layer.
    Moved { from: Timestamp, layer: String, label: String },
    /// The other gives way to it.
    Before { other: Id, at: Timestamp, ground: Ground },
}

impl<Id> Reason<Id> {
    /// With the names of bulletins that `name` gives, in a sentence for people.
    pub fn named<Name>(&self, name: impl Fn(&Id) -> Name) -> Reason<Name> {
        match self {
            Self::NotApproved => Reason::NotApproved,
            Self::SoundChanged => Reason::SoundChanged,
            Self::ApprovalLapsed { at } => Reason::ApprovalLapsed { at: *at },
            Self::OneApproval { why } => Reason::OneApproval { why: why.clone() },
            Self::NoCluster => Reason::NoCluster,
            Self::Expired { at } => Reason::Expired { at: *at },
            Self::DayOff { layer, label } => {
                Reason::DayOff { layer: layer.clone(), label: label.clone() }
            }
            Self::OtherDay { layer } => Reason::OtherDay { layer: layer.clone() },
            Self::NoDay { layer } => Reason::NoDay { layer: layer.clone() },
            Self::QuietHours { hours } => Reason::QuietHours { hours: hours.clone() },
            Self::Clash { with, at, ground } => {
                Reason::Clash { with: name(with), at: *at, ground: *ground }
            }
            Self::Quota { quota, limit, day } => {
                Reason::Quota { quota: quota.clone(), limit: *limit, day: *day }
            }
        }
    }

    /// One word for a machine.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotApproved => "not_approved",
            Self::SoundChanged => "sound_changed",
            Self::ApprovalLapsed { .. } => "approval_lapsed",
            Self::OneApproval { .. } => "one_approval",
            Self::NoCluster => "no_cluster",
            Self::Expired { .. } => "expired",
            Self::DayOff { .. } => "day_off",
            Self::OtherDay { .. } => "other_day",
            Self::NoDay { .. } => "no_day",
            Self::QuietHours { .. } => "quiet_hours",
            Self::Clash { .. } => "clash",
            Self::Quota { .. } => "quota",
        }
    }
}

impl<Id> Cause<Id> {
    /// As [`Reason::named`].
    pub fn named<Name>(&self, name: impl Fn(&Id) -> Name) -> Cause<Name> {
        match self {
            Self::Begun => Cause::Begun,
            Self::Emergency { hours } => Cause::Emergency { hours: hours.clone() },
            Self::Moved { from, layer, label } => {
                Cause::Moved { from: *from, layer: layer.clone(), label: label.clone() }
            }
            Self::Before { other, at, ground } => {
                Cause::Before { other: name(other), at: *at, ground: *ground }
            }
        }
    }

    /// One word for a machine.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Emergency { .. } => "emergency",
            Self::Moved { .. } => "moved",
            Self::Before { .. } => "before",
        }
    }
}

impl<Id: fmt::Display> fmt::Display for Reason<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApproved => f.write_str("nobody has approved it"),
            Self::SoundChanged => {
                f.write_str("its sound is missing on the disk, or is not the one that was approved")
            }
            Self::ApprovalLapsed { at } => {
                write!(f, "its approval holds until {at}: somebody must approve it afresh")
            }
            Self::OneApproval { why } => write!(f, "{why}, and one person alone approved it"),
            Self::NoCluster => {
                f.write_str("no loudspeaker cluster hangs on the places it is for on that day")
            }
            Self::Expired { at } => write!(f, "it expires at {at}, before its sound would end"),
            Self::DayOff { layer, label } => {
                write!(f, "it is silent on days of {layer}, and that day is {label:?}")
            }
            Self::OtherDay { layer } => {
                write!(f, "it plays on days of {layer} alone, and that day is none")
            }
            Self::NoDay { layer } => {
                write!(f, "it moves away from days of {layer}, and no day within a month is free")
            }
            Self::QuietHours { hours } => write!(f, "it would be heard in {}", Hours(hours)),
            Self::Clash { with, at, ground } => {
                write!(f, "{with} plays on the same clusters at {at} and goes first: {ground}")
            }
            Self::Quota { quota, limit, day } => {
                write!(f, "the quota {quota} allows {limit}, and {day} has no room for it")
            }
        }
    }
}

impl<Id: fmt::Display> fmt::Display for Cause<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun => f.write_str("it has begun, and no later rule takes that back"),
            Self::Emergency { hours } => {
                write!(f, "it is an emergency, which {} do not hold back", Hours(hours))
            }
            Self::Moved { from, layer, label } => {
                write!(f, "it was to play at {from}, a day of {layer} ({label}), and moved")
            }
            Self::Before { other, at, ground } => {
                write!(f, "it goes before {other} at {at}: {ground}")
            }
        }
    }
}

struct Hours<'a>(&'a QuietHours);

impl fmt::Display for Hours<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |it: jiff::civil::Time| it.strftime("%H:%M").to_string();
        write!(f, "quiet hours, {} to {}", time(self.0.from()), time(self.0.to()))
    }
}
