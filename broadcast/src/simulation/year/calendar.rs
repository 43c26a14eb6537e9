//! What a ward wants to be heard in a year, and how its people change their minds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::super::script::Deed;
use super::super::{Bulletin, Ward};
use super::{Chance, Settings, content, instant, number, times};
use crate::Priority;
use crate::calendar::{Computed, DayRule, Effect, Layer, Move};
use crate::plan::{Entry, Policy, Standing, Targets, Tie};
use crate::quiet::QuietHours;
use crate::quota::Quota;
use crate::schedule::{Rule, Schedule};

const ZONE: &str = "Asia/Ho_Chi_Minh";
const ONE_OFFS_A_YEAR: u64 = 50;
const EMERGENCIES_A_YEAR: u64 = 10;
const WORKDAYS: &str = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
/// The time at which an emergency sounds after somebody ordered it.
const AT_ONCE: Duration = Duration::from_secs(6);

type Script = Vec<(Timestamp, Deed)>;

/// A bulletin of every week.
struct Regular {
    name: &'static str,
    rule: &'static str,
    at: &'static str,
    minutes: u64,
    priority: Priority,
    level: u8,
    /// One third of the ward: none means all of it.
    third: Option<usize>,
    days: Option<(Computed, Effect)>,
}

const MORNING_NEWS: usize = 0;
const EVENING_NEWS: usize = 1;

const fn regular(
    name: &'static str,
    rule: &'static str,
    at: &'static str,
    minutes: u64,
) -> Regular {
    let (priority, level, third, days) = (Priority::Normal, 0, None, None);
    Regular { name, rule, at, minutes, priority, level, third, days }
}

/// Two sessions a day on five days a week are what the city allows; the rest is what people try.
fn regulars() -> Vec<Regular> {
    let holidays = |effect| Some((Computed::PublicHolidays, effect));
    vec![
        Regular { days: holidays(Effect::Not), ..regular("morning news", WORKDAYS, "063000", 8) },
        Regular { days: holidays(Effect::Not), ..regular("evening news", WORKDAYS, "170000", 9) },
        Regular {
            priority: Priority::Priority,
            level: 1,
            ..regular("district on Mondays", "FREQ=WEEKLY;BYDAY=MO", "063900", 5)
        },
        // Where the ward puts its own first, it loses to the evening news.
        Regular {
            level: 1,
            ..regular("district on Thursdays", "FREQ=WEEKLY;BYDAY=TH", "170000", 5)
        },
        Regular { third: Some(0), ..regular("zone 1", "FREQ=WEEKLY;BYDAY=WE", "171000", 4) },
        Regular { third: Some(1), ..regular("zone 2", "FREQ=WEEKLY;BYDAY=WE", "171000", 3) },
        Regular {
            days: holidays(Effect::Move(Move::Later)),
            ..regular("fees", "FREQ=MONTHLY;BYMONTHDAY=1", "063900", 4)
        },
        Regular {
            days: Some((Computed::FullMoons, Effect::Only)),
            ..regular("full moon market", "FREQ=DAILY", "171000", 3)
        },
        Regular {
            priority: Priority::Priority,
            days: holidays(Effect::Only),
            ..regular("holiday greeting", "FREQ=DAILY", "070000", 6)
        },
        Regular {
            priority: Priority::Priority,
            ..regular("Sunday special", "FREQ=WEEKLY;BYDAY=SU;INTERVAL=2", "073000", 10)
        },
        // What must stay silent: the music at 04:45, a third session, Saturdays.
        regular("music", "FREQ=DAILY", "044500", 10),
        Regular { level: 1, ..regular("third session", WORKDAYS, "113000", 5) },
        regular("Saturdays", "FREQ=WEEKLY;BYDAY=SA", "063000", 8),
    ]
}

pub(super) fn ward(
    settings: &Settings,
    nth: u16,
    chance: &mut Chance,
    script: &mut Script,
) -> Ward {
    let zone = TimeZone::get(ZONE).expect("the time zone of Hà Nội is known");
    let quiet = Some(QuietHours::night(zone.clone()));
    let first = if nth.is_multiple_of(2) { Tie::Own } else { Tie::Above };
    let policy = Policy {
        quotas: Quota::hanoi_urban(),
        ties: vec![first, Tie::Earlier],
        ..Policy::new(zone, quiet)
    };
    let clusters = (1..=settings.clusters_per_ward).map(|it| format!("loa-{}-{it:03}", nth + 1));
    let mut ward = Ward {
        policy,
        terms: settings.terms,
        clusters: clusters.collect(),
        rules: settings.rules.clone(),
        bulletins: Vec::new(),
    };
    let mut secretary = Secretary { settings, nth, ward: &mut ward, chance, script };
    secretary.regulars();
    secretary.unapproved_and_expiring();
    secretary.one_offs();
    secretary.emergencies();
    secretary.changes();
    ward
}

/// Fills the ward's list and writes down what she does when.
struct Secretary<'a> {
    settings: &'a Settings,
    nth: u16,
    ward: &'a mut Ward,
    chance: &'a mut Chance,
    script: &'a mut Script,
}

impl Secretary<'_> {
    fn regulars(&mut self) {
        for it in regulars() {
            let bulletin = self.regular(&it);
            self.enter(bulletin, instant(0, 0));
        }
    }

    fn regular(&self, it: &Regular) -> Bulletin {
        let text = format!("DTSTART;TZID={ZONE}:20260101T{}\nRRULE:{}", it.at, it.rule);
        let rule = Rule::parse(&text, ZONE).expect("the rules of this file are RFC 5545");
        let length = Duration::from_mins(it.minutes);
        let targets = it.third.map_or(Targets::All, |third| self.third(third));
        let mut bulletin =
            self.bulletin(it.name, Schedule::Rule(rule), length, it.priority, targets);
        bulletin.level = it.level;
        bulletin.days =
            it.days.iter().map(|(computed, effect)| day_rule(*computed, *effect)).collect();
        bulletin
    }

    /// Every third cluster, from the given one on.
    fn third(&self, third: usize) -> Targets {
        let names: BTreeSet<String> =
            self.ward.clusters.iter().skip(third).step_by(3).cloned().collect();
        if names.is_empty() { Targets::All } else { Targets::Some(names) }
    }

    fn bulletin(
        &self,
        name: &str,
        schedule: Schedule,
        duration: Duration,
        priority: Priority,
        targets: Targets,
    ) -> Bulletin {
        let place = u128::try_from(self.ward.bulletins.len()).unwrap_or(0);
        let (resume, extra) = (self.settings.resume)(priority);
        let entry = Entry {
            id: Uuid::from_u128((u128::from(self.nth) << 64) | place),
            schedule,
            duration,
            priority,
            targets,
            standing: Standing::Approved,
            expires_at: None,
        };
        let content = content(&format!("{} {name}", self.nth), duration);
        Bulletin { entry, days: Vec::new(), level: 0, content, resume, extra }
    }

    fn enter(&mut self, bulletin: Bulletin, at: Timestamp) -> usize {
        let place = self.ward.bulletins.len();
        self.ward.bulletins.push(bulletin);
        self.script.push((at, Deed::Enter { bulletin: place }));
        place
    }

    /// One that nobody ever approves, and a campaign that expires in the middle of the time.
    fn unapproved_and_expiring(&mut self) {
        let mut draft = self.regular(&regular("draft", WORKDAYS, "083000", 5));
        draft.entry.standing = Standing::NotApproved;
        self.enter(draft, instant(0, 0));
        let mut campaign =
            self.regular(&regular("campaign", "FREQ=WEEKLY;BYDAY=TU,FR", "171000", 4));
        campaign.entry.expires_at = Some(instant(i64::from(self.settings.days / 2), 17 * 60 + 12));
        self.enter(campaign, instant(0, 0));
    }

    /// Invitations, lost children, water that is turned off: some come a moment before their time.
    fn one_offs(&mut self) {
        for n in 0..times(ONE_OFFS_A_YEAR, self.settings.days) {
            let day = number(self.chance.below(u64::from(self.settings.days)));
            let at = instant(day, 6 * 60 + number(self.chance.below(15 * 60)));
            let length = Duration::from_mins(2 + self.chance.below(8));
            let is_urgent = self.chance.per_mille(300);
            let priority = if is_urgent { Priority::Priority } else { Priority::Normal };
            let third = usize::try_from(self.chance.below(4)).unwrap_or(0);
            let targets = if third == 3 { Targets::All } else { self.third(third) };
            let name = format!("one-off {n}");
            let mut bulletin = self.bulletin(&name, Schedule::At(at), length, priority, targets);
            if self.chance.per_mille(100) {
                bulletin.entry.expires_at = Some(at + length / 2);
            }
            let soon = self.chance.per_mille(200);
            let most = if soon { Duration::from_mins(1) } else { Duration::from_hours(72) };
            let ahead = self.chance.between(Duration::from_secs(5), most);
            let place = self.enter(bulletin, (at - ahead).max(instant(0, 0)));
            if self.chance.per_mille(100) {
                // Its text is changed after all, and nobody approves it again.
                let back = self.chance.between(Duration::ZERO, ahead);
                self.script.push((at - back, Deed::Edit { bulletin: place }));
            }
        }
    }

    /// At any hour, and often while the news are heard.
    fn emergencies(&mut self) {
        for n in 0..times(EMERGENCIES_A_YEAR, self.settings.days) {
            let ordered_at = super::moment(self.settings.days, self.chance);
            let length = Duration::from_secs(30 + self.chance.below(150));
            let schedule = Schedule::At(ordered_at + AT_ONCE);
            let name = format!("emergency {n}");
            let warning = self.bulletin(&name, schedule, length, Priority::Emergency, Targets::All);
            self.enter(warning, ordered_at);
        }
    }

    /// The morning news are recorded anew each week, sometimes too late, sometimes while they are on;
    /// the evening news change their hour for some weeks of summer.
    fn changes(&mut self) {
        let length = self.ward.bulletins[MORNING_NEWS].entry.duration;
        // The first Sunday is the fourth day.
        for (week, day) in (3..i64::from(self.settings.days)).step_by(7).enumerate() {
            let sunday = instant(day, 20 * 60);
            let (edited_at, approved_at) = match self.chance.below(10) {
                0 => (instant(day + 1, 6 * 60 + 33), instant(day + 1, 9 * 60)),
                1 => (sunday, instant(day + 1, 6 * 60 + 31)),
                2 => (sunday, instant(day + 1, 6 * 60 + 29)),
                _ => (sunday, sunday + SignedDuration::from_hours(1)),
            };
            let content = content(&format!("{} news of week {week}", self.nth), length);
            self.script.push((edited_at, Deed::Edit { bulletin: MORNING_NEWS }));
            self.script.push((approved_at, Deed::Approve { bulletin: MORNING_NEWS, content }));
        }
        let early = self.ward.bulletins[EVENING_NEWS].entry.schedule.clone();
        let later = self.regular(&regular("evening news", WORKDAYS, "173000", 9)).entry.schedule;
        for (day, schedule) in [(150, later), (210, early)] {
            if day < i64::from(self.settings.days) {
                let deed = Deed::Reschedule { bulletin: EVENING_NEWS, schedule };
                self.script.push((instant(day, 15 * 60), deed));
            }
        }
    }
}

fn day_rule(computed: Computed, effect: Effect) -> DayRule {
    let layer = Layer::computed(computed, 2026..=2027).expect("these years are computed");
    DayRule::new(Arc::new(layer), effect)
}
