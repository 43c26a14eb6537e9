//! The planner against a second one that knows no intervals: it paints every minute of every cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, ToSpan as _};

use super::*;
use crate::calendar::{DayRule, Effect, Layer, Move};
use crate::quota::{Band, Limit, Quota};

mod wishes;

const N_DAYS: i64 = 12;
const A_DAY: i64 = 1_440;
/// A Monday, in a zone that is seven hours ahead and stays there, so that minutes are just counted.
const FIRST_DAY: Date = Date::constant(2026, 1, 5);
/// The last one is never named by anybody.
const CLUSTERS: [&str; 4] = ["loa-1", "loa-2", "loa-3", "loa-4"];

/// A bulletin and its ward's rules in minutes since the first midnight.
#[derive(Clone, Debug)]
struct Wish {
    starts: Vec<i64>,
    minutes: i64,
    priority: Priority,
    clusters: Option<BTreeSet<usize>>,
    is_approved: bool,
    expires: Option<i64>,
    level: u8,
    days: Vec<(BTreeSet<i64>, Effect)>,
}

#[derive(Clone, Debug)]
struct Rules {
    quiet: Option<(i64, i64)>,
    ties: Vec<Tie>,
    quotas: Vec<Allowance>,
}

/// A quota: days of the week, band, limits, gap, exempt.
#[derive(Clone, Debug)]
struct Allowance {
    weekdays: BTreeSet<i64>,
    from: i64,
    to: i64,
    limits: Vec<Limit>,
    gap: i64,
    exempt: Priority,
}

#[derive(Clone, Debug)]
struct Sound {
    wish: usize,
    at: i64,
}

/// Everything that sounds, as painted minutes of each cluster.
struct Street<'a> {
    wishes: &'a [Wish],
    rules: &'a Rules,
    sounds: Vec<Sound>,
    painted: Vec<BTreeMap<i64, usize>>,
}

impl Street<'_> {
    fn hears(&self, wish: usize, cluster: usize) -> bool {
        self.wishes[wish].clusters.as_ref().is_none_or(|it| it.contains(&cluster))
    }

    fn clusters(&self, wish: usize) -> Vec<usize> {
        (0..CLUSTERS.len()).filter(|it| self.hears(wish, *it)).collect()
    }

    fn is_taken(&self, sound: &Sound) -> bool {
        let minutes = sound.at..sound.at + self.wishes[sound.wish].minutes;
        let is_painted =
            |cluster: &usize, minute: i64| self.painted[*cluster].contains_key(&minute);
        self.clusters(sound.wish)
            .iter()
            .any(|it| minutes.clone().any(|minute| is_painted(it, minute)))
    }

    fn add(&mut self, sound: Sound) {
        for cluster in self.clusters(sound.wish) {
            for minute in sound.at..sound.at + self.wishes[sound.wish].minutes {
                assert_eq!(self.painted[cluster].insert(minute, self.sounds.len()), None);
            }
        }
        self.sounds.push(sound);
    }

    /// Does this quota hold on every cluster and day that `extra` touches?
    fn is_within(&self, quota: &Allowance, extra: &Sound) -> bool {
        let Some(day) = quota.counts(self.wishes, extra) else { return true };
        self.clusters(extra.wish).into_iter().all(|cluster| {
            let counted = self.sounds.iter().chain([extra]).filter(|it| {
                self.hears(it.wish, cluster) && quota.counts(self.wishes, it) == Some(day)
            });
            let mut minutes = BTreeSet::new();
            let mut n_plays = 0_u64;
            for sound in counted {
                n_plays += 1;
                minutes.extend(sound.at..sound.at + self.wishes[sound.wish].minutes);
            }
            quota.limits.iter().all(|it| holds(*it, n_plays, &minutes, quota.gap))
        })
    }
}

fn holds(limit: Limit, n_plays: u64, minutes: &BTreeSet<i64>, gap: i64) -> bool {
    // A session goes on for as long as no silence of more than `gap` minutes is met.
    let mut sessions: Vec<(i64, i64)> = Vec::new();
    for minute in minutes {
        match sessions.last_mut() {
            Some((_, last)) if minute - *last - 1 <= gap => *last = *minute,
            _ => sessions.push((*minute, *minute)),
        }
    }
    let n_minutes = |it: Duration| i64::try_from(it.as_secs() / 60).unwrap();
    match limit {
        Limit::Plays(most) => n_plays <= u64::from(most),
        Limit::Sessions(most) => sessions.len() <= usize::try_from(most).unwrap(),
        Limit::Sound(most) => i64::try_from(minutes.len()).unwrap() <= n_minutes(most),
        Limit::Session(most) => sessions.iter().all(|(from, to)| to - from < n_minutes(most)),
    }
}

impl Allowance {
    fn counts(&self, wishes: &[Wish], sound: &Sound) -> Option<i64> {
        if wishes[sound.wish].priority >= self.exempt {
            return None;
        }
        let (day, minute) = (sound.at.div_euclid(A_DAY), sound.at.rem_euclid(A_DAY));
        let day = if self.from < self.to {
            (self.from <= minute && minute < self.to).then_some(day)
        } else if minute >= self.from {
            Some(day)
        } else {
            (minute < self.to).then_some(day - 1)
        };
        day.filter(|it| self.weekdays.contains(&it.rem_euclid(7)))
    }

    fn believed(&self) -> Quota {
        let weekdays: Vec<Weekday> = self
            .weekdays
            .iter()
            .map(|it| Weekday::from_monday_zero_offset(i8::try_from(*it).unwrap()).unwrap())
            .collect();
        Quota {
            name: "q".to_owned(),
            band: Band { weekdays, from: time(self.from), to: time(self.to) },
            limits: self.limits.clone(),
            session_gap: Duration::from_mins(self.gap.unsigned_abs()),
            exempt: self.exempt,
        }
    }
}

/// What the second planner says of every start: the instant of its play and a word.
fn painted(wishes: &[Wish], rules: &Rules) -> Vec<(usize, i64, i64, String)> {
    let mut queue = Vec::new();
    let mut said = Vec::new();
    for (rank, wish) in wishes.iter().enumerate() {
        for occurrence in &wish.starts {
            let (at, word) = own_word(wish, rules, *occurrence);
            match word {
                Some(word) => said.push((rank, *occurrence, at, word.to_owned())),
                None => queue.push((rank, *occurrence, at)),
            }
        }
    }
    queue.sort_by_key(|(rank, occurrence, at)| {
        let wish = &wishes[*rank];
        let is_emergency = wish.priority == Priority::Emergency;
        let ties = if is_emergency { vec![Tie::Above, Tie::Earlier] } else { rules.ties.clone() };
        let keys: Vec<i64> = ties
            .iter()
            .map(|it| match it {
                Tie::Own => i64::from(wish.level),
                Tie::Above => -i64::from(wish.level),
                Tie::Earlier => *at,
                Tie::Shorter => wish.minutes,
            })
            .collect();
        (std::cmp::Reverse(wish.priority), keys, *rank, *at, at != occurrence, *occurrence)
    });
    let painted = vec![BTreeMap::new(); CLUSTERS.len()];
    let mut street = Street { wishes, rules, sounds: Vec::new(), painted };
    for (rank, occurrence, at) in queue {
        let sound = Sound { wish: rank, at };
        let word = if street.is_taken(&sound) {
            "clash"
        } else if street.rules.quotas.iter().any(|it| !street.is_within(it, &sound)) {
            "quota"
        } else {
            street.add(sound);
            "plays"
        };
        said.push((rank, occurrence, at, word.to_owned()));
    }
    said.sort();
    said
}

fn own_word(wish: &Wish, rules: &Rules, occurrence: i64) -> (i64, Option<&'static str>) {
    let admits = |day: i64, (days, effect): &(BTreeSet<i64>, Effect)| {
        days.contains(&day) == (*effect == Effect::Only)
    };
    let day = occurrence.div_euclid(A_DAY);
    let mut at = occurrence;
    let mut word = None;
    let against: Vec<Effect> =
        wish.days.iter().filter(|it| !admits(day, it)).map(|(_, effect)| *effect).collect();
    if let Some(silent) = against.iter().find(|it| !matches!(it, Effect::Move(_))) {
        word = Some(if *silent == Effect::Only { "other_day" } else { "day_off" });
    } else if let Some(Effect::Move(way)) = against.first() {
        let step = if *way == Move::Earlier { -1 } else { 1 };
        let free =
            (1..=31).map(|n| n * step).find(|n| wish.days.iter().all(|it| admits(day + n, it)));
        match free {
            Some(n) => at += n * A_DAY,
            None => word = Some("no_day"),
        }
    }
    let end = at + wish.minutes;
    if !wish.is_approved {
        return (at, Some("not_approved"));
    }
    if wish.expires.is_some_and(|it| end > it) {
        return (at, Some("expired"));
    }
    let is_quiet = |minute: i64| {
        rules.quiet.is_some_and(|(from, to)| {
            let minute = minute.rem_euclid(A_DAY);
            if from < to { from <= minute && minute < to } else { minute >= from || minute < to }
        })
    };
    if word.is_none() && wish.priority != Priority::Emergency && (at..end).any(is_quiet) {
        word = Some("quiet_hours");
    }
    (at, word)
}

fn time(minute: i64) -> Time {
    Time::MIN + SignedDuration::from_mins(minute)
}

fn instant(minute: i64) -> Timestamp {
    at(MONDAY) + SignedDuration::from_mins(minute)
}

fn minute(at_: Timestamp) -> i64 {
    at_.duration_since(at(MONDAY)).as_mins()
}

/// What our planner says, in the same words.
fn planned(wishes: &[Wish], rules: &Rules) -> Vec<(usize, i64, i64, String)> {
    let entries: Vec<Entry<usize>> =
        wishes.iter().enumerate().map(|(id, it)| believed(id, it)).collect();
    let days: Vec<Vec<DayRule>> = wishes.iter().map(|it| day_rules(&it.days)).collect();
    let items: Vec<Item<'_, usize>> = entries
        .iter()
        .enumerate()
        .map(|(nth, entry)| Item {
            days: &days[nth],
            level: wishes[nth].level,
            ..Item::plain(entry)
        })
        .collect();
    let zone = TimeZone::get(WARD).unwrap();
    let quiet =
        rules.quiet.map(|(from, to)| QuietHours::new(time(from), time(to), zone.clone()).unwrap());
    let quotas = rules.quotas.iter().map(Allowance::believed).collect();
    let policy = Policy { quotas, ties: rules.ties.clone(), ..Policy::new(zone, quiet) };
    let starts: Vec<Vec<Timestamp>> =
        wishes.iter().map(|it| it.starts.iter().map(|at| instant(*at)).collect()).collect();
    let (from, to) = (instant(-40 * A_DAY), instant(60 * A_DAY));
    let mut said: Vec<_> = explain_starts(&items, &starts, &policy, from, to)
        .into_iter()
        .map(|it| {
            let word = match &it.planned.decision {
                Decision::Plays => "plays",
                Decision::HeldBack(reason) => reason.as_str(),
            };
            (it.planned.id, minute(it.occurrence), minute(it.planned.at), word.to_owned())
        })
        .collect();
    said.sort();
    said
}

fn believed(id: usize, wish: &Wish) -> Entry<usize> {
    let names = |it: &BTreeSet<usize>| it.iter().map(|nth| CLUSTERS[*nth].to_owned()).collect();
    Entry {
        id,
        schedule: Schedule::At(instant(0)),
        duration: Duration::from_mins(wish.minutes.unsigned_abs()),
        priority: wish.priority,
        targets: wish.clusters.as_ref().map_or(Targets::All, |it| Targets::Some(names(it))),
        standing: if wish.is_approved { Standing::Approved } else { Standing::NotApproved },
        expires_at: wish.expires.map(instant),
    }
}

fn day_rules(days: &[(BTreeSet<i64>, Effect)]) -> Vec<DayRule> {
    days.iter()
        .map(|(days, effect)| {
            let listed = days.iter().map(|it| (FIRST_DAY + it.days(), String::new())).collect();
            DayRule::new(Arc::new(Layer::listed("layer", listed).unwrap()), *effect)
        })
        .collect()
}

/// What the ward is promised, whoever planned it.
fn keeps_promises(
    wishes: &[Wish],
    rules: &Rules,
    said: &[(usize, i64, i64, String)],
) -> Result<(), TestCaseError> {
    let mut street = Street {
        wishes,
        rules,
        sounds: Vec::new(),
        painted: vec![BTreeMap::new(); CLUSTERS.len()],
    };
    let occurrences: BTreeSet<(usize, i64)> = said.iter().map(|it| (it.0, it.1)).collect();
    let n_starts: usize = wishes.iter().map(|it| it.starts.len()).sum();
    prop_assert_eq!((occurrences.len(), said.len()), (n_starts, n_starts), "one outcome each");
    for (wish, _, at, word) in said {
        if word != "plays" {
            continue;
        }
        let sound = Sound { wish: *wish, at: *at };
        prop_assert!(!street.is_taken(&sound), "two at once");
        prop_assert!(wishes[*wish].is_approved);
        prop_assert!(0 <= *at && *at < N_DAYS * A_DAY);
        street.add(sound);
    }
    for sound in &street.sounds {
        // Adding it again changes no minute; only the number of plays is one too many.
        for quota in &rules.quotas {
            let limits = quota.limits.iter().filter(|it| !matches!(it, Limit::Plays(_)));
            let quota = Allowance { limits: limits.copied().collect(), ..quota.clone() };
            prop_assert!(street.is_within(&quota, sound), "{quota:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn both_planners_say_the_same_of_every_start(
        wishes in prop::collection::vec(wishes::any_wish(), 1..7), rules in wishes::any_rules()
    ) {
        let said = planned(&wishes, &rules);
        prop_assert_eq!(&said, &painted(&wishes, &rules));
        keeps_promises(&wishes, &rules, &said)?;
    }
}
