//! The configuration files, key for key. No defaults with meaning, no logic. The doc comments are
//! the descriptions in `vong config-schema`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::problems::{Field, Unknown};

/// A section: each key is a [`Field`], and what is left over is kept to be named.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$key_meta:meta])* $key:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default)]
        #[schemars(deny_unknown_fields)]
        pub(in crate::config) struct $name {
            $($(#[$key_meta])* pub(in crate::config) $key: Field<$type>,)*
            #[serde(flatten)]
            #[schemars(skip)]
            pub(in crate::config) unknown: Unknown,
        }
    };
}

mod speaker;

pub(super) use speaker::{Band, Cache, Limits, Mute, Prefetch, Relay, Sound, SpeakerBox};

section! {
    /// The ward box (`vong run`).
    Ward {
        /// This box's id: 1 to 23 of a-z, 0-9 and -. The same as in its certificate.
        device: String,
        /// Where it stands in the tree of places, for example `da-nang/hai-chau/cau-tre`.
        site: String,
        /// Folder of the database, pictures and audio; relative to this file.
        data_dir: String,
        identity: Identity,
        /// The centre's MQTT broker.
        uplink: Broker,
        /// This box's own MQTT broker, for its loudspeakers.
        local_broker: Broker,
        clock: Clock,
        console: Console,
        content: Content,
        detector: Detector,
        camera: Vec<Camera>,
        retention: Retention,
        proof_of_life: ProofOfLife,
        cluster: Vec<Cluster>,
        quiet_hours: QuietHours,
        approval: Approval,
        schedule: Schedule,
        broadcast: Broadcast,
        speech: Speech,
    }
}

section! {
    /// A loudspeaker cluster (`vong speaker`).
    Speaker {
        /// This cluster's id: 1 to 23 of a-z, 0-9 and -. The same as in its certificate.
        device: String,
        /// Where it stands in the tree of places.
        site: String,
        /// Folder of the database and the cached audio; relative to this file.
        data_dir: String,
        identity: Identity,
        r#box: SpeakerBox,
        sound: Sound,
        cache: Cache,
        prefetch: Prefetch,
        quiet_hours: QuietHours,
        limits: Limits,
        mute: Mute,
    }
}

section! {
    /// The operations centre (`vong centre`).
    Centre {
        /// The centre's id in its certificate.
        device: String,
        /// Where it stands in the tree of places.
        site: String,
        /// Folder of the database and of the fleet authority; relative to this file.
        data_dir: String,
        identity: Identity,
        /// The centre's MQTT broker.
        broker: Broker,
        clock: Clock,
    }
}

section! {
    /// Certificates and keys.
    Identity {
        /// Folder with `ca.pem`, `device.pem`, `device.key`, `command.key` and `roster.jws`.
        dir: String,
    }
}

section! {
    /// An MQTT broker, reached by TLS 1.3 with both certificates.
    Broker {
        /// Host name or address.
        host: String,
        /// TCP port, 8883 unless given.
        port: u16,
        /// The device id in the broker's certificate; the id of whoever runs it (`centre`, or this
        /// box) unless given.
        server_name: String,
    }
}

section! {
    /// When the wall clock is believed.
    Clock {
        /// `ntp` (default): when the system says that NTP is in step. `host`: always, for a machine
        /// whose clock somebody else keeps.
        trust: String,
    }
}

section! {
    /// The console's HTTPS server.
    Console {
        /// Address and port, `127.0.0.1:8443` unless given.
        listen: String,
    }
}

section! {
    /// What loudspeakers fetch from the box.
    Content {
        /// Address and port of the HTTPS server for audio, `127.0.0.1:8444` unless given.
        listen: String,
        /// UDP address and port of the time server, `127.0.0.1:8445` unless given.
        time_listen: String,
        /// How fast audio leaves the box, to all loudspeakers together, so that cameras are not
        /// starved: `"32Mbit/s"` unless given, at least `"1Mbit/s"`; `"none"` switches it off.
        rate_limit: String,
        /// Days that a bulletin's sound is kept after it last played, 1 to 3650; 180 unless given. What
        /// waits for approval, is approved, or plays again stays.
        keep_days: u16,
    }
}

section! {
    /// Object detection.
    Detector {
        /// `libonnxruntime.so`; looked for in the usual places unless given.
        library: String,
        /// What `library` must hash to, if it is a build of your own.
        library_sha256: String,
        /// Folder of the model files; looked for in the usual places unless given.
        model_dir: String,
        /// A model of the manifest, `yolox-nano` unless given.
        model: String,
        /// What the model runs on: `cpu` (default), `xnnpack`, `acl`, `cuda`, `openvino`, `qnn` or
        /// `rknpu`. All but `cpu` need a `library` that was built with it.
        provider: String,
        /// Inference threads, 1 to 16; 1 unless given.
        threads: usize,
        /// Least score of a detection, 0 to 1; 0.5 unless given.
        min_score: f32,
        /// Frames a second that are analysed, 1 to 30; 5 unless given.
        fps: u32,
    }
}

section! {
    /// How long pictures and clips of alerts are kept. What is on legal hold stays.
    Retention {
        /// Days for alerts of severity `info`; 7 unless given.
        info_days: u16,
        /// Days for alerts of severity `warning`; 30 unless given.
        warning_days: u16,
        /// Days for alerts of severity `critical`; 90 unless given.
        critical_days: u16,
        /// Most bytes of pictures and clips, the oldest go first; 8 GiB unless given.
        max_bytes: u64,
    }
}

section! {
    /// A test alarm of each camera, to the centre and back: silence is then known to be peace.
    ProofOfLife {
        /// How often, `"6h"` unless given; `"0s"` switches it off.
        every: String,
    }
}

section! {
    /// A camera.
    Camera {
        /// 1 to 23 of a-z, 0-9 and -.
        id: String,
        /// What people call it; the id unless given.
        name: String,
        /// `rtsp://host:port/path` of the stream that is looked at, without user and password. Prefer the
        /// sub-stream.
        url: String,
        /// `rtsp://host:port/path` of the stream that clips are cut from, kept in memory and never
        /// decoded; `url` unless given.
        main_url: String,
        username: String,
        /// File that holds the password, readable by the daemon alone; relative to this file.
        password_file: String,
        /// `tcp` (default) or `udp`.
        transport: String,
        /// What this camera is for, for people who ask and for whoever reads the log of views.
        purpose: String,
        /// Parts of the picture that nobody may see (windows, a garden): polygons of `[x, y]`, each 0 to 1
        /// of the picture's width and height. Painted over before anything is looked at or stored.
        masks: Vec<Vec<[f32; 2]>>,
        rule: Vec<Rule>,
    }
}

section! {
    /// Something in the picture that raises an alert.
    Rule {
        /// 1 to 23 of a-z, 0-9 and -; unique in its camera.
        id: String,
        /// What people call it; the id unless given.
        name: String,
        /// `enter` (default): comes into the area. `leave`: goes out of it. `line`: goes over the
        /// line. `loiter`: is in the area for `dwell`. `crowd`: `at_least` so many are in it for
        /// `dwell`. `stopped_vehicle`: stands in it for `dwell`. `wrong_way`: goes in it against
        /// `direction`.
        kind: String,
        /// At least three corners `[x, y]`, each 0 to 1 of the picture's width and height, in their
        /// order around the area. For every kind but `line`.
        area: Vec<[f32; 2]>,
        /// For `line`: at least two points `[x, y]`, each 0 to 1 of the picture's width and height.
        line: Vec<[f32; 2]>,
        /// For `line`: `left_to_right`, `right_to_left` or `both` (default), as seen by somebody who
        /// walks along the line from its first point to its last. For `wrong_way`: where traffic may
        /// go, as degrees clockwise from the top of the picture (0 up, 90 right, 180 down, 270 left)
        /// or as an arrow `[[x, y], [x, y]]`.
        direction: Direction,
        /// What counts. Unless given, `["person"]`; for `stopped_vehicle` and `wrong_way` car, truck,
        /// bus and motorcycle, those that the model knows.
        labels: Vec<String>,
        /// For `loiter` and `stopped_vehicle`, `"60s"` unless given; for `crowd`, `"10s"` unless given.
        dwell: String,
        /// For `crowd`: how many are one, 2 to 1000.
        at_least: u16,
        /// When it raises alerts, such as `["mon-fri 18:00-06:00", "sat,sun"]`; always unless given.
        /// In the zone of `schedule.timezone`.
        active: Vec<String>,
        /// When it does not, although it is active, such as `["12:00-13:00"]`.
        quiet: Vec<String>,
        /// Least time between two alerts, `"30s"` unless given.
        cooldown: String,
        /// `info`, `warning` (default) or `critical`.
        severity: String,
    }
}

/// A side of a line, an angle, or an arrow.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "is none of a side such as \"left_to_right\", an angle such as 90 and an arrow \
                 [[x, y], [x, y]]"
)]
pub(super) enum Direction {
    Side(String),
    Degrees(f32),
    Arrow([[f32; 2]; 2]),
}

section! {
    /// A loudspeaker cluster that this box drives.
    Cluster {
        /// The cluster's device id.
        id: String,
        /// What people call it; the id unless given.
        name: String,
        /// Horns on this cluster, 1 to 64; 1 unless given.
        n_horns: u16,
        /// Loudness of what it plays, 0 to 100; 80 unless given.
        volume_percent: u8,
        /// Code of the place it hangs on, such as `20242`. A row of its own in the table of places outweighs it.
        place: String,
    }
}

section! {
    /// When nothing but an emergency may sound. On unless switched off.
    QuietHours {
        /// `false` switches the quiet hours off.
        enabled: bool,
        /// `HH:MM`, 21:00 unless given.
        from: String,
        /// `HH:MM`, 06:00 unless given.
        to: String,
        /// IANA zone, `Asia/Ho_Chi_Minh` unless given.
        timezone: String,
    }
}

section! {
    /// What the approval of a bulletin takes, and how long it holds.
    Approval {
        /// `false`: one approver is enough at any hour.
        second_approver: bool,
        /// `HH:MM`, 06:00 unless given: what starts earlier needs two approvers.
        normal_from: String,
        /// `HH:MM`, 21:00 unless given: so does what would still sound then.
        normal_to: String,
        /// `false`: so does what plays on a Saturday or Sunday.
        weekends: bool,
        /// How long an approval holds for one play, in days; 30 unless given.
        one_off_days: u16,
        /// How long for a rule that repeats, in days; 365 unless given.
        recurring_days: u16,
    }
}

section! {
    /// How typed texts are read and spoken.
    Speech {
        /// The ward's own abbreviations: a file with lines `KEY = words`, relative to this file.
        abbreviations: String,
        /// A Piper voice (`.onnx`, with its `.onnx.json` beside it), relative to this file. espeak-ng
        /// speaks without it.
        voice_model: String,
        /// What the voice must hash to.
        voice_sha256: String,
        /// The region whose texts it speaks: `north` (unless given), `central` or `south`.
        voice_region: String,
    }
}

section! {
    /// The calendar of broadcasts.
    Schedule {
        /// IANA zone of the calendar, `Asia/Ho_Chi_Minh` unless given.
        timezone: String,
    }
}

section! {
    /// How much the ward may broadcast, and who goes first.
    Broadcast {
        /// The quotas of a city: `hanoi-urban`. None unless given.
        quota_preset: String,
        /// The ward's own quotas, besides the preset's.
        quota: Vec<Quota>,
        /// Between two bulletins of one priority: `own` (the ward's before those of higher levels),
        /// `above` (the reverse), `earlier`, `shorter`. The first that tells them apart decides;
        /// `["earlier"]` unless given.
        ties: Vec<String>,
    }
}

section! {
    /// What may sound on one cluster in some hours of a day. At least one limit is needed.
    Quota {
        /// What people call it; used once.
        name: String,
        /// Days and times of day, such as `"mon-fri 16:00-18:00"`; every day, all day, unless given. A
        /// play belongs to the hours in which it starts.
        hours: String,
        /// At most so many plays a day; 0 closes these hours.
        plays: u32,
        /// At most so many sessions a day.
        sessions: u32,
        /// At most so much sound a day, such as `"45m"`.
        sound: String,
        /// No session longer than this, such as `"15m"`.
        session: String,
        /// Plays that follow each other within this are one session; `"5m"` unless given.
        session_gap: String,
        /// This priority and those above are neither limited nor counted: `priority` or `emergency`,
        /// which it is unless given.
        exempt: String,
    }
}
