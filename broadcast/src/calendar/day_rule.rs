//! What a schedule does on the days of a layer: stay silent, play on them alone, or move.

use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Layer;

/// Tết and what is around it is nine days; a play that would move further is another play.
const FARTHEST_MOVE: i64 = 31;

/// One sentence about a schedule and a layer, such as "not on public holidays".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRule {
    pub layer: Arc<Layer>,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Stays silent on the days of the layer.
    Not,
    /// Plays on the days of the layer alone.
    Only,
    /// Plays on another day instead, at the same time of the wall clock.
    Move(Move),
}

/// To the nearest day in that direction which no rule of the schedule speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Earlier,
    Later,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not what a schedule does on a day: use not, only, earlier or later")]
pub struct UnknownEffect(String);

impl Effect {
    pub const ALL: [Self; 4] =
        [Self::Not, Self::Only, Self::Move(Move::Earlier), Self::Move(Move::Later)];

    /// One word for a file: "not", "only", "earlier", "later".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Not => "not",
            Self::Only => "only",
            Self::Move(Move::Earlier) => "earlier",
            Self::Move(Move::Later) => "later",
        }
    }
}

impl FromStr for Effect {
    type Err = UnknownEffect;

    fn from_str(text: &str) -> Result<Self, UnknownEffect> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownEffect(text.to_owned()))
    }
}

/// What the day rules make of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    AsPlanned,
    /// Plays then instead.
    Moved {
        to: Timestamp,
        layer: String,
        label: String,
    },
    /// It is a day of this layer.
    On {
        layer: String,
        label: String,
    },
    /// It is not a day of this layer.
    NotOn {
        layer: String,
    },
    /// No day within a month is free of this layer.
    NoDay {
        layer: String,
    },
}

impl DayRule {
    pub fn new(layer: Arc<Layer>, effect: Effect) -> Self {
        Self { layer, effect }
    }

    /// May something play on `day` as far as this rule is concerned, without moving?
    fn admits(&self, day: Date) -> bool {
        match self.effect {
            Effect::Only => self.layer.contains(day),
            Effect::Not | Effect::Move(_) => !self.layer.contains(day),
        }
    }
}

/// When something plays that starts at `at`: then, unless a rule moves it.
pub fn lands(rules: &[DayRule], at: Timestamp, zone: &TimeZone) -> Timestamp {
    if let Verdict::Moved { to, .. } = judge(rules, at, zone) { to } else { at }
}

/// What `rules` make of a start at `at`; days are those of `zone`. A rule that silences the day comes
/// before one that moves, so that "only on rằm" is not moved to a day that is none.
pub(crate) fn judge(rules: &[DayRule], at: Timestamp, zone: &TimeZone) -> Verdict {
    let local = zone.to_datetime(at);
    let day = local.date();
    let mut against = rules.iter().filter(|it| !it.admits(day)).collect::<Vec<_>>();
    against.sort_by_key(|it| matches!(it.effect, Effect::Move(_)));
    let Some(rule) = against.first() else { return Verdict::AsPlanned };
    let layer = rule.layer.name().to_owned();
    let label = rule.layer.label(day).unwrap_or_default().to_owned();
    let step = match rule.effect {
        Effect::Only => return Verdict::NotOn { layer },
        Effect::Not => return Verdict::On { layer, label },
        Effect::Move(Move::Earlier) => -1,
        Effect::Move(Move::Later) => 1,
    };
    let candidates = (1..=FARTHEST_MOVE).filter_map(|n| day.checked_add((n * step).days()).ok());
    let free = candidates.into_iter().find(|day| rules.iter().all(|it| it.admits(*day)));
    let moved = free.and_then(|day| {
        let wall_clock = day.to_datetime(local.time());
        zone.to_ambiguous_timestamp(wall_clock).compatible().ok()
    });
    moved.map_or(Verdict::NoDay { layer: layer.clone() }, |to| Verdict::Moved { to, layer, label })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Computed;

    fn layer(days: &[&str]) -> Arc<Layer> {
        let days = days.iter().map(|it| (it.parse().unwrap(), "ngày lễ".to_owned())).collect();
        Arc::new(Layer::listed("le", days).unwrap())
    }

    fn judged(rules: &[DayRule], at: &str) -> Verdict {
        judge(rules, at.parse().unwrap(), &TimeZone::get("Asia/Ho_Chi_Minh").unwrap())
    }

    #[test]
    fn not_on_public_holidays() {
        let holidays = Layer::computed(Computed::PublicHolidays, 2026..=2026).unwrap();
        let rules = [DayRule::new(Arc::new(holidays), Effect::Not)];
        assert_eq!(
            judged(&rules, "2026-09-02T05:30:00+07:00"),
            Verdict::On { layer: "public-holidays".into(), label: "Quốc khánh".into() }
        );
        // Still 2 September in UTC, and the 3rd in the ward.
        assert_eq!(judged(&rules, "2026-09-03T05:30:00+07:00"), Verdict::AsPlanned);
    }

    #[test]
    fn only_on_full_moons() {
        let full_moons = Layer::computed(Computed::FullMoons, 2026..=2026).unwrap();
        let rules = [DayRule::new(Arc::new(full_moons), Effect::Only)];
        assert_eq!(judged(&rules, "2026-08-27T05:30:00+07:00"), Verdict::AsPlanned);
        let silent = judged(&rules, "2026-08-28T05:30:00+07:00");
        assert_eq!(silent, Verdict::NotOn { layer: "ram".into() });
    }

    #[test]
    fn a_move_passes_over_the_whole_feast() {
        let feast = layer(&["2026-02-16", "2026-02-17", "2026-02-18"]);
        let moved = |way, to: &str| {
            let rules = [DayRule::new(feast.clone(), Effect::Move(way))];
            let expected = Verdict::Moved {
                to: to.parse().unwrap(),
                layer: "le".into(),
                label: "ngày lễ".into(),
            };
            assert_eq!(judged(&rules, "2026-02-17T05:30:00+07:00"), expected);
        };
        moved(Move::Earlier, "2026-02-15T05:30:00+07:00");
        moved(Move::Later, "2026-02-19T05:30:00+07:00");
    }

    #[test]
    fn a_move_never_lands_where_another_rule_is_silent() {
        let saturday = layer(&["2026-01-03"]);
        let sunday = layer(&["2026-01-04"]);
        let rules =
            [DayRule::new(saturday, Effect::Move(Move::Later)), DayRule::new(sunday, Effect::Not)];
        let Verdict::Moved { to, .. } = judged(&rules, "2026-01-03T06:00:00+07:00") else {
            panic!("it does not move")
        };
        assert_eq!(to, "2026-01-05T06:00:00+07:00".parse().unwrap());
    }

    #[test]
    fn nowhere_to_go_within_a_month() {
        let all: Vec<String> =
            (0..40).map(|n| (Date::constant(2026, 1, 1) + n.days()).to_string()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let rules = [DayRule::new(layer(&all), Effect::Move(Move::Later))];
        assert_eq!(
            judged(&rules, "2026-01-02T06:00:00+07:00"),
            Verdict::NoDay { layer: "le".into() }
        );
    }
}
