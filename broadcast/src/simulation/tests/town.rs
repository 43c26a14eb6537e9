//! Random small wards in plain minutes, and the scenario that each stands for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::Sha256;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::*;
use super::rules;
use crate::Priority;
use crate::calendar::{DayRule, Effect, Layer, Move};
use crate::plan::{Standing, Targets, Tie};
use crate::quiet::QuietHours;
use crate::quota::{Band, Limit, Quota};
use crate::schedule::{Rule, Schedule};

pub(super) const A_DAY: i64 = 1_440;
pub(super) const N_DAYS: i64 = 3;
pub(super) const N_CLUSTERS: usize = 3;
/// A Monday, in a zone that is seven hours ahead and stays there, so that minutes are just counted.
const FIRST_DAY: Date = Date::constant(2026, 1, 5);
const FIRST: i64 = 1_767_546_000;
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A bulletin, with times in minutes since the first midnight.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// Days of the week from Monday on, hours, and the minute of each.
    pub days: BTreeSet<i64>,
    pub hours: BTreeSet<i64>,
    pub minute: i64,
    pub length: i64,
    pub priority: Priority,
    /// None: all.
    pub clusters: Option<BTreeSet<usize>>,
    pub is_approved: bool,
    pub expires: Option<i64>,
    pub resume: Resume,
    /// Minutes more than its length.
    pub extra: i64,
    pub level: u8,
    /// Days of a layer, and what it does on them.
    pub layer: Option<(BTreeSet<i64>, Effect)>,
    pub entered: i64,
    /// When it is edited, and after how many minutes it is approved with another sound.
    pub edited: Option<(i64, Option<i64>)>,
}

/// What goes wrong, on one cluster or with the box, in seconds.
#[derive(Clone, Debug)]
pub(super) struct Mishap {
    pub at: i64,
    pub lasts: i64,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Power { cluster: usize, after_effects: Option<u8>, clock_off: Option<i64> },
    Link(usize),
    BadContent(usize),
    DamagedFile(usize),
    Sink(usize),
    Repeat(usize),
    Box,
}

#[derive(Clone, Debug)]
pub(super) struct Town {
    pub wishes: Vec<Wish>,
    pub mishaps: Vec<Mishap>,
    /// From and to, minutes of the day, over midnight.
    pub quiet: Option<(i64, i64)>,
    /// At most so many plays a day, but for emergencies.
    pub quota: Option<u32>,
    pub ties: Vec<Tie>,
    pub seed: u64,
}

pub(super) fn instant(minute: i64) -> Timestamp {
    second(minute * 60)
}

fn second(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(FIRST + second)
}

pub(super) fn minutes_since(at: Timestamp) -> i64 {
    (at.as_second() - FIRST).div_euclid(60)
}

impl Mishap {
    /// Whose trouble it is; none: everybody's.
    pub(super) fn cluster(&self) -> Option<usize> {
        match self.kind {
            Kind::Power { cluster, .. }
            | Kind::Link(cluster)
            | Kind::BadContent(cluster)
            | Kind::DamagedFile(cluster)
            | Kind::Sink(cluster)
            | Kind::Repeat(cluster) => Some(cluster),
            Kind::Box => None,
        }
    }

    /// Some wait for what they hit, and an outage leaves a clock that must be set first.
    pub(super) fn minutes(&self) -> std::ops::Range<i64> {
        let from = self.at.div_euclid(60);
        match self.kind {
            Kind::BadContent(_)
            | Kind::DamagedFile(_)
            | Kind::Sink(_)
            | Kind::Power { after_effects: Some(_), .. } => from..i64::MAX,
            Kind::Power { .. } | Kind::Link(_) | Kind::Box | Kind::Repeat(_) => {
                from..from + self.lasts.div_euclid(60) + 5
            }
        }
    }

    fn deed(&self) -> Deed {
        let lasts = Duration::from_secs(self.lasts.unsigned_abs());
        match self.kind {
            Kind::Power { cluster, after_effects, clock_off } => {
                let clock_off = clock_off.map(SignedDuration::from_hours);
                Deed::Power(Outage { cluster, after_effects, lasts, clock_off })
            }
            Kind::Link(cluster) => Deed::LinkDown { cluster, lasts },
            Kind::BadContent(cluster) => Deed::BadContent { cluster },
            Kind::DamagedFile(cluster) => Deed::DamagedFile { cluster },
            Kind::Sink(cluster) => Deed::SinkFails { cluster },
            Kind::Repeat(cluster) => Deed::Repeat { cluster },
            Kind::Box => Deed::BoxDown { lasts },
        }
    }
}

fn sound(nth: usize, version: &str, length: i64) -> Content {
    let sha256 = Sha256::of(format!("{nth} {version}").as_bytes());
    Content { sha256, bytes: 1_000, duration: Duration::from_mins(length.unsigned_abs()) }
}

fn time(minute: i64) -> Time {
    Time::MIN + SignedDuration::from_mins(minute)
}

impl Wish {
    fn rule(&self) -> Rule {
        let days: Vec<&str> =
            self.days.iter().map(|it| WEEKDAYS[usize::try_from(*it).unwrap()]).collect();
        let hours: Vec<String> = self.hours.iter().map(ToString::to_string).collect();
        let text = format!(
            "DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T000000\n\
             RRULE:FREQ=WEEKLY;BYDAY={};BYHOUR={};BYMINUTE={};BYSECOND=0",
            days.join(","),
            hours.join(","),
            self.minute
        );
        Rule::parse(&text, "UTC").unwrap()
    }

    fn bulletin(&self, nth: usize) -> Bulletin {
        let names = |it: &BTreeSet<usize>| it.iter().map(|it| format!("loa-{it}")).collect();
        let entry = Entry {
            id: Uuid::from_u128(u128::try_from(nth).unwrap()),
            schedule: Schedule::Rule(self.rule()),
            duration: Duration::from_mins(self.length.unsigned_abs()),
            priority: self.priority,
            targets: self.clusters.as_ref().map_or(Targets::All, |it| Targets::Some(names(it))),
            standing: if self.is_approved { Standing::Approved } else { Standing::NotApproved },
            expires_at: self.expires.map(instant),
        };
        let days = self.layer.iter().map(|(days, effect)| {
            let listed = days.iter().map(|it| (FIRST_DAY + it.days(), String::new())).collect();
            DayRule::new(Arc::new(Layer::listed("layer", listed).unwrap()), *effect)
        });
        Bulletin {
            entry,
            days: days.collect(),
            level: self.level,
            content: sound(nth, "first", self.length),
            resume: self.resume,
            extra: Duration::from_mins(self.extra.unsigned_abs()),
        }
    }
}

impl Town {
    pub(super) fn scenario(&self) -> Scenario {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let quiet = self
            .quiet
            .map(|(from, to)| QuietHours::new(time(from), time(to), zone.clone()).unwrap());
        let quotas = self.quota.iter().map(|most| Quota {
            name: "q".to_owned(),
            band: Band::whole(
                &jiff::civil::Weekday::Monday.cycle_forward().take(7).collect::<Vec<_>>(),
            ),
            limits: vec![Limit::Plays(*most)],
            session_gap: Duration::ZERO,
            exempt: Priority::Emergency,
        });
        let mut script: Vec<(Timestamp, Deed)> = Vec::new();
        for (bulletin, wish) in self.wishes.iter().enumerate() {
            script.push((instant(wish.entered), Deed::Enter { bulletin }));
            let Some((edited, approved)) = wish.edited.filter(|_| wish.is_approved) else {
                continue;
            };
            script.push((instant(edited), Deed::Edit { bulletin }));
            if let Some(later) = approved {
                let content = sound(bulletin, "second", wish.length);
                script.push((instant(edited + later), Deed::Approve { bulletin, content }));
            }
        }
        script.extend(self.mishaps.iter().map(|it| (second(it.at), it.deed())));
        let policy = Policy {
            quotas: quotas.collect(),
            ties: self.ties.clone(),
            ..Policy::new(zone, quiet.clone())
        };
        let ward = Ward {
            policy,
            terms: Terms { round: Duration::from_hours(4), ..super::terms() },
            clusters: (0..N_CLUSTERS).map(|it| format!("loa-{it}")).collect(),
            rules: Rules { quiet, ..rules() },
            bulletins: self.wishes.iter().enumerate().map(|(nth, it)| it.bulletin(nth)).collect(),
        };
        Scenario { ward, script, from: instant(0), to: instant(N_DAYS * A_DAY), seed: self.seed }
    }
}

fn any_wish() -> impl Strategy<Value = Wish> {
    let priority = prop_oneof![
        5 => Just(Priority::Normal), 2 => Just(Priority::Priority), 2 => Just(Priority::Emergency)
    ];
    let clusters = prop::option::weighted(0.5, prop::collection::btree_set(0..N_CLUSTERS, 1..3));
    let resume = prop_oneof![Just(Resume::Skip), Just(Resume::Resume), Just(Resume::Restart)];
    let effect =
        prop_oneof![Just(Effect::Not), Just(Effect::Only), Just(Effect::Move(Move::Later))];
    let layer = (prop::collection::btree_set(0..N_DAYS, 1..3), effect);
    // Plays crowd in few hours, so that they meet: in the morning, and where the night begins.
    let hours = prop::collection::btree_set(prop_oneof![3 => 5..8_i64, 1 => 20..22_i64], 1..3);
    let when = (prop::collection::btree_set(0..N_DAYS, 1..3), hours, 0..12_i64);
    let people = (
        prop_oneof![3 => Just(0_i64), 1 => 0..2 * A_DAY],
        prop::option::weighted(
            0.25,
            (A_DAY..N_DAYS * A_DAY, prop::option::weighted(0.6, 1..200_i64)),
        ),
        prop::bool::weighted(0.9),
        // Around the end of one of its own plays.
        prop::option::weighted(0.3, (0..N_DAYS, -2..8_i64)),
    );
    let sound = (1..25_i64, priority, clusters, resume, 0..20_i64, 0..3_u8);
    (when, people, sound, prop::option::weighted(0.2, layer)).prop_map(
        |((days, hours, step), (entered, edited, is_approved, expires), sound, layer)| {
            let (length, priority, clusters, resume, extra, level) = sound;
            let minute = step * 5;
            let first_hour = hours.first().copied().unwrap_or_default();
            let expires =
                expires.map(|(day, later)| day * A_DAY + first_hour * 60 + minute + length + later);
            Wish {
                days,
                hours,
                minute,
                length,
                priority,
                clusters,
                is_approved,
                expires,
                resume,
                extra,
                level,
                layer,
                entered,
                edited,
            }
        },
    )
}

/// Ordered a moment before its time, while others sound: lost children, storms.
fn any_sudden_wish() -> impl Strategy<Value = Wish> {
    let at = (0..N_DAYS, 5..8_i64, 1..59_i64);
    let priority = prop_oneof![1 => Just(Priority::Priority), 3 => Just(Priority::Emergency)];
    (any_wish(), at, 1..8_i64, priority).prop_map(
        |(wish, (day, hour, minute), length, priority)| Wish {
            days: BTreeSet::from([day]),
            hours: BTreeSet::from([hour]),
            minute,
            length,
            priority,
            is_approved: true,
            layer: None,
            entered: day * A_DAY + hour * 60 + minute - 1,
            edited: None,
            expires: None,
            ..wish
        },
    )
}

fn any_mishap() -> impl Strategy<Value = Mishap> {
    let cluster = 0..N_CLUSTERS;
    let clock_off =
        prop::option::weighted(0.6, prop::sample::select(vec![-491_000_i64, -1, 0, 1, 480]));
    let power = (cluster.clone(), prop::option::weighted(0.4, 0..6_u8), clock_off).prop_map(
        |(cluster, after_effects, clock_off)| Kind::Power { cluster, after_effects, clock_off },
    );
    let kind = prop_oneof![
        5 => power,
        3 => cluster.clone().prop_map(Kind::Link),
        1 => cluster.clone().prop_map(Kind::BadContent),
        1 => cluster.clone().prop_map(Kind::DamagedFile),
        1 => cluster.clone().prop_map(Kind::Sink),
        1 => cluster.prop_map(Kind::Repeat),
        1 => Just(Kind::Box),
    ];
    // Mostly while something sounds, on each of the days.
    let at = prop_oneof![
        4 => (0..N_DAYS, 5 * 3_600..8 * 3_600_i64).prop_map(|(day, at)| day * 86_400 + at),
        1 => 0..N_DAYS * 86_400,
    ];
    let lasts = prop_oneof![3 => 1..600_i64, 1 => 1..100_000_i64];
    (at, lasts, kind).prop_map(|(at, lasts, kind)| Mishap { at, lasts, kind })
}

pub(super) fn any_town() -> impl Strategy<Value = Town> {
    let quiet = prop::option::weighted(0.8, (1_200..A_DAY, 300..420_i64));
    let ties = prop::collection::vec(prop::sample::select(Tie::ALL.to_vec()), 0..3);
    let quota = prop::option::weighted(0.4, 0..5_u32);
    let wishes = prop::collection::vec(prop_oneof![3 => any_wish(), 1 => any_sudden_wish()], 1..7);
    let mishaps = prop::collection::vec(any_mishap(), 0..7);
    (wishes, mishaps, quiet, quota, ties, any::<u64>()).prop_map(
        |(wishes, mishaps, quiet, quota, ties, seed)| Town {
            wishes,
            mishaps,
            quiet,
            quota,
            ties,
            seed,
        },
    )
}
