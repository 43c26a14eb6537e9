//! How much a ward may broadcast and who goes first: `[broadcast]` of a box, and of the rules file that
//! `vong plan` reads.

use std::path::Path;
use std::time::Duration;

use broadcast::Priority;
use broadcast::plan::Tie;
use broadcast::quota::{Band, Limit, Quota, SESSION_GAP};
use jiff::civil::Time;
use models::WeekSpan;

use super::problems::{Field, Reader};
use super::{raw, sections};

const SECTION: &str = "broadcast";
const A_DAY: Duration = Duration::from_hours(24);
/// Each is asked at each start; a city has two.
const MOST_QUOTAS: usize = 32;
const MOST_PLAYS: u32 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastRules {
    /// Those of the preset, then the ward's own. Names unique.
    pub quotas: Vec<Quota>,
    pub ties: Vec<Tie>,
}

impl Default for BroadcastRules {
    fn default() -> Self {
        Self { quotas: Vec::new(), ties: vec![Tie::Earlier] }
    }
}

/// As the section of a box's file.
///
/// # Errors
/// Everything that is wrong with it, each with its key.
pub fn broadcast_rules_from_toml(section: toml::Value) -> Result<BroadcastRules, Vec<String>> {
    let mut reader = Reader::new(Path::new(""));
    let field = match section.try_into::<raw::Broadcast>() {
        Ok(section) => Field::Given(section),
        Err(err) => Field::Wrong(err.message().to_owned()),
    };
    let believed = broadcast_rules(&mut reader, field);
    let problems = reader.into_problems();
    believed.filter(|_| problems.is_empty()).ok_or(problems)
}

pub(super) fn broadcast_rules(
    reader: &mut Reader<'_>,
    field: Field<raw::Broadcast>,
) -> Option<BroadcastRules> {
    let section = reader.optional(SECTION, field).unwrap_or_default();
    reader.unknown(SECTION, &section.unknown);
    let mut quotas = preset(reader, section.quota_preset).unwrap_or_default();
    let own = reader.optional("broadcast.quota", section.quota).unwrap_or_default();
    if own.len() > MOST_QUOTAS {
        reader.problem("broadcast.quota", format!("there are more than {MOST_QUOTAS}"));
        return None;
    }
    for (index, raw) in own.into_iter().enumerate() {
        let quota = quota(reader, index, raw);
        let Some(quota) = quota else { continue };
        if quotas.iter().any(|it| it.name == quota.name) {
            reader.problem(&format!("broadcast.quota.{}", quota.name), "name is used twice");
        }
        quotas.push(quota);
    }
    Some(BroadcastRules { quotas, ties: ties(reader, section.ties)? })
}

fn preset(reader: &mut Reader<'_>, field: Field<String>) -> Option<Vec<Quota>> {
    let key = "broadcast.quota_preset";
    let name = reader.optional(key, field)?;
    let quotas = Quota::preset(&name);
    if quotas.is_none() {
        reader.problem(key, format!("{name:?} is no preset: there is hanoi-urban"));
    }
    quotas
}

fn ties(reader: &mut Reader<'_>, field: Field<Vec<String>>) -> Option<Vec<Tie>> {
    let key = "broadcast.ties";
    let Some(words) = reader.optional(key, field) else {
        return Some(BroadcastRules::default().ties);
    };
    let tie = |(at, word)| reader.parsed::<Tie>(&format!("{key}[{}]", at + 1), Some(word));
    let ties: Vec<_> = words.into_iter().enumerate().map(tie).collect();
    ties.into_iter().collect()
}

fn quota(reader: &mut Reader<'_>, index: usize, raw: raw::Quota) -> Option<Quota> {
    let place = format!("broadcast.quota[{}]", index + 1);
    let name = reader.required(&format!("{place}.name"), raw.name).filter(|it| {
        let is_good = (1..=64).contains(&it.chars().count());
        if !is_good {
            reader.problem(&format!("{place}.name"), "has to have 1 to 64 characters");
        }
        is_good
    });
    let key = name.as_ref().map_or(place, |it| format!("broadcast.quota.{it}"));
    let of = |part: &str| format!("{key}.{part}");
    reader.unknown(&key, &raw.unknown);
    let hours = reader.optional(&of("hours"), raw.hours);
    let hours = reader.parsed::<WeekSpan>(&of("hours"), Some(hours.unwrap_or_else(all_week)));
    let mut limits = Vec::new();
    limits.extend(number(reader, &of("plays"), raw.plays).map(Limit::Plays));
    limits.extend(number(reader, &of("sessions"), raw.sessions).map(Limit::Sessions));
    limits.extend(length(reader, &of("sound"), raw.sound).map(Limit::Sound));
    limits.extend(length(reader, &of("session"), raw.session).map(Limit::Session));
    if limits.is_empty() {
        reader.problem(&key, "limits nothing: give plays, sessions, sound or session");
    }
    let gap = sections::duration(reader, &of("session_gap"), raw.session_gap, SESSION_GAP, A_DAY);
    let exempt = exempt(reader, &of("exempt"), raw.exempt);
    Some(Quota { name: name?, band: band(&hours?), limits, session_gap: gap?, exempt: exempt? })
}

fn all_week() -> String {
    "mon-sun".to_owned()
}

fn band(hours: &WeekSpan) -> Band {
    let to = hours.to().unwrap_or(Time::MIN);
    Band { weekdays: hours.days().to_vec(), from: hours.from(), to }
}

fn number(reader: &mut Reader<'_>, key: &str, field: Field<u32>) -> Option<u32> {
    if field.is_absent() {
        return None;
    }
    sections::within(reader, key, field, 0, 0..=MOST_PLAYS)
}

fn length(reader: &mut Reader<'_>, key: &str, field: Field<String>) -> Option<Duration> {
    if field.is_absent() {
        return None;
    }
    sections::duration(reader, key, field, A_DAY, A_DAY)
}

fn exempt(reader: &mut Reader<'_>, key: &str, field: Field<String>) -> Option<Priority> {
    match reader.optional(key, field).as_deref() {
        None | Some("emergency") => Some(Priority::Emergency),
        Some("priority") => Some(Priority::Priority),
        Some(other) => {
            reader.problem(key, format!("{other:?} is neither \"priority\" nor \"emergency\""));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    fn rules(text: &str) -> Result<BroadcastRules, Vec<String>> {
        let table: toml::Table = text.parse().unwrap();
        broadcast_rules_from_toml(toml::Value::Table(table))
    }

    #[test]
    fn nothing_said_limits_nothing_and_the_earlier_goes_first() {
        assert_eq!(rules("").unwrap(), BroadcastRules::default());
    }

    #[test]
    fn a_preset_and_the_wards_own_quotas_hold_together() {
        let text = r#"
            quota_preset = "hanoi-urban"
            ties = ["own", "shorter"]
            [[quota]]
            name = "buoi-trua"
            hours = "mon-fri 11:00-13:30"
            plays = 1
            sound = "10m"
            session_gap = "2m"
            exempt = "priority"
            [[quota]]
            name = "ca-ngay"
            session = "15m"
        "#;
        let rules = rules(text).unwrap();
        assert_eq!(rules.ties, [Tie::Own, Tie::Shorter]);
        assert_eq!(rules.quotas.len(), 4);
        assert_eq!(rules.quotas[..2], Quota::hanoi_urban());
        let noon = &rules.quotas[2];
        assert_eq!(noon.limits, [Limit::Plays(1), Limit::Sound(Duration::from_mins(10))]);
        assert_eq!((noon.band.weekdays.len(), noon.band.from.hour()), (5, 11));
        assert_eq!((noon.session_gap.as_secs(), noon.exempt), (120, Priority::Priority));
        assert_eq!(rules.quotas[3].band.weekdays.len(), 7);
        assert_eq!(rules.quotas[3].band.weekdays[0], Weekday::Monday);
    }

    #[test]
    fn everything_wrong_is_named_by_its_key() {
        let text = r#"
            quota_preset = "saigon"
            ties = ["own", "loudest"]
            colour = "red"
            [[quota]]
            hours = "mon-fre"
            sound = "a while"
            [[quota]]
            name = "a"
            exempt = "normal"
            [[quota]]
            name = "b"
            plays = 20000
            [[quota]]
            name = "c"
            sessions = 1
            [[quota]]
            name = "c"
            sessions = 2
        "#;
        let problems = rules(text).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|it| it.split(": ").next().unwrap()).collect();
        assert_eq!(
            keys,
            [
                "broadcast.colour",
                "broadcast.quota_preset",
                "broadcast.quota[1].name",
                "broadcast.quota[1].hours",
                "broadcast.quota[1].sound",
                "broadcast.quota[1]",
                "broadcast.quota.a",
                "broadcast.quota.a.exempt",
                "broadcast.quota.b.plays",
                "broadcast.quota.b",
                "broadcast.quota.c",
                "broadcast.ties[2]",
            ],
            "{problems:#?}"
        );
    }
}
