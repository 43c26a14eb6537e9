//! The topics of the MQTT contract v1: made here, and read back here.

use base::DeviceId;

/// Whose messages: a box, or a cluster below the box that adopted it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    pub station: DeviceId,
    pub cluster: Option<DeviceId>,
}

/// What a device reports, by the last level of its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Up {
    Status,
    Health,
    Event,
    Reply,
}

impl Sender {
    pub fn of_box(station: DeviceId) -> Self {
        Self { station, cluster: None }
    }

    pub fn of_cluster(station: DeviceId, cluster: DeviceId) -> Self {
        Self { station, cluster: Some(cluster) }
    }

    /// The one that speaks: the cluster, else the box.
    pub fn device(&self) -> &DeviceId {
        self.cluster.as_ref().unwrap_or(&self.station)
    }

    pub fn up(&self, what: Up) -> String {
        self.topic("up", what.as_str())
    }

    pub fn ack(&self) -> String {
        self.topic("down", "ack")
    }

    pub fn command(&self) -> String {
        self.topic("down", "command")
    }

    pub fn ping(&self) -> String {
        self.topic("down", "ping")
    }

    /// Everything that is meant for this device.
    pub fn all_down(&self) -> String {
        self.topic("down", "#")
    }

    /// Who sent it and what it is; none for topics that are not ours.
    pub fn parse_up(topic: &str) -> Option<(Self, Up)> {
        let mut levels = topic.strip_prefix("vong/v1/")?.split('/');
        let station = levels.next()?.parse().ok()?;
        let (cluster, direction) = match levels.next()? {
            "loa" => (Some(levels.next()?.parse().ok()?), levels.next()?),
            direction => (None, direction),
        };
        let what = Up::parse(levels.next()?)?;
        let is_whole = direction == "up" && levels.next().is_none();
        is_whole.then_some((Self { station, cluster }, what))
    }

    fn topic(&self, direction: &str, what: &str) -> String {
        match &self.cluster {
            None => format!("vong/v1/{}/{direction}/{what}", self.station),
            Some(cluster) => format!("vong/v1/{}/loa/{cluster}/{direction}/{what}", self.station),
        }
    }
}

impl Up {
    fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Health => "health",
            Self::Event => "event",
            Self::Reply => "reply",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Status, Self::Health, Self::Event, Self::Reply]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_back() {
        let station: DeviceId = "box-cau-tre-1".parse().unwrap();
        let cluster: DeviceId = "loa-cau-tre-017".parse().unwrap();
        let senders = [
            (Sender::of_box(station.clone()), "vong/v1/box-cau-tre-1/up/event"),
            (
                Sender::of_cluster(station, cluster),
                "vong/v1/box-cau-tre-1/loa/loa-cau-tre-017/up/event",
            ),
        ];
        for (sender, topic) in senders {
            assert_eq!(sender.up(Up::Event), topic);
            assert_eq!(Sender::parse_up(topic), Some((sender, Up::Event)));
        }
    }

    #[test]
    fn other_topics_are_not_taken_for_ours() {
        for topic in [
            "vong/v2/b/up/event",
            "vong/v1/b/down/event",
            "vong/v1/b/up/event/more",
            "vong/v1/B/up/event",
            "vong/v1/b/loa/up/event",
            "vong/v1/b/up/gossip",
        ] {
            assert_eq!(Sender::parse_up(topic), None, "{topic}");
        }
    }
}
