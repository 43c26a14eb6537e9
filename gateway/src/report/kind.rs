//! The kinds of event of the MQTT contract v1, and the stream each is counted in.

use std::fmt;

/// A sequence of events that is counted, and so checked for gaps, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    Alert,
    Broadcast,
    Camera,
    Device,
    Audit,
}

/// What may be dropped first when the outbox is full; a higher one is dropped later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    Device,
    Camera,
    AlertDetail,
    Rest,
}

macro_rules! kinds {
    ($($variant:ident = $text:literal in $stream:ident,)*) => {
        /// What happened. Past tense, as on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($variant,)* }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            pub fn stream(self) -> Stream {
                match self { $(Self::$variant => Stream::$stream,)* }
            }
        }
    };
}

kinds! {
    AlertRaised = "alert.raised" in Alert,
    AlertUpdated = "alert.updated" in Alert,
    AlertCleared = "alert.cleared" in Alert,
    AlertAcknowledged = "alert.acknowledged" in Alert,
    AlertTest = "alert.test" in Alert,
    CameraOffline = "camera.offline" in Camera,
    CameraOnline = "camera.online" in Camera,
    CameraFrozen = "camera.frozen" in Camera,
    CameraDark = "camera.dark" in Camera,
    CameraBlurred = "camera.blurred" in Camera,
    CameraMoved = "camera.moved" in Camera,
    CameraClockSkew = "camera.clock_skew" in Camera,
    CameraLowFps = "camera.low_fps" in Camera,
    CameraDetectorFailing = "camera.detector_failing" in Camera,
    CameraMainStreamLost = "camera.main_stream_lost" in Camera,
    CameraFactLost = "camera.fact_lost" in Camera,
    BroadcastOrdered = "broadcast.ordered" in Broadcast,
    BroadcastCached = "broadcast.cached" in Broadcast,
    BroadcastStarted = "broadcast.started" in Broadcast,
    BroadcastPlayed = "broadcast.played" in Broadcast,
    BroadcastPartial = "broadcast.partial" in Broadcast,
    BroadcastMissed = "broadcast.missed" in Broadcast,
    BroadcastStopped = "broadcast.stopped" in Broadcast,
    BroadcastHeard = "broadcast.heard" in Broadcast,
    ClusterFault = "cluster.fault" in Device,
    ClusterRecovered = "cluster.recovered" in Device,
    ClusterMuted = "cluster.muted" in Device,
    DeviceEnrolled = "device.enrolled" in Device,
    DeviceRenewed = "device.renewed" in Device,
    DeviceConfigApplied = "device.config_applied" in Device,
    DeviceConfigRolledBack = "device.config_rolled_back" in Device,
    DeviceEvicted = "device.evicted" in Device,
    DeviceStorageReplaced = "device.storage_replaced" in Device,
    DeviceStorageFull = "device.storage_full" in Device,
    AuditEntry = "audit.entry" in Audit,
}

impl Kind {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text)
    }

    /// Whether it overtakes a backlog: somebody may have to act on it now.
    pub fn is_urgent(self) -> bool {
        self.stream() == Stream::Alert && self != Self::AlertUpdated
    }

    /// When it may be dropped. What closes a gap is never dropped with the gap's own kind.
    pub fn worth(self) -> Worth {
        match (self, self.stream()) {
            (Self::DeviceEvicted, _) | (_, Stream::Broadcast | Stream::Audit) => Worth::Rest,
            (Self::AlertUpdated, _) => Worth::AlertDetail,
            (_, Stream::Alert) => Worth::Rest,
            (_, Stream::Device) => Worth::Device,
            (_, Stream::Camera) => Worth::Camera,
        }
    }
}

impl Worth {
    /// The order of eviction, as stored.
    pub fn rank(self) -> i64 {
        match self {
            Self::Device => 0,
            Self::Camera => 1,
            Self::AlertDetail => 2,
            Self::Rest => 3,
        }
    }
}

impl Stream {
    pub const ALL: [Self; 5] =
        [Self::Alert, Self::Broadcast, Self::Camera, Self::Device, Self::Audit];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Broadcast => "broadcast",
            Self::Camera => "camera",
            Self::Device => "device",
            Self::Audit => "audit",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_stream_is_read_back() {
        assert!(Kind::ALL.iter().all(|it| Kind::parse(it.as_str()) == Some(*it)));
        assert!(Stream::ALL.iter().all(|it| Stream::parse(it.as_str()) == Some(*it)));
        assert_eq!(Kind::parse("alert.imagined"), None);
    }

    #[test]
    fn what_closes_a_gap_outlives_what_made_it() {
        assert!(Kind::DeviceEvicted.worth() > Kind::DeviceRenewed.worth());
        assert!(Kind::AlertRaised.worth() > Kind::AlertUpdated.worth());
        assert!(Kind::AlertUpdated.worth() > Kind::CameraOffline.worth());
        assert!(Kind::CameraOffline.worth() > Kind::ClusterFault.worth());
    }
}
