//! The rules file of `vong plan`: read key by key, so that one look names everything wrong with it.
//! The file itself is described in the command's help.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::Duration;

use broadcast::Priority;
use broadcast::plan::{Entry, Standing, Targets};
use broadcast::quiet::QuietHours;
use broadcast::schedule::{Rule, Schedule};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use toml::{Table, Value};

const DEFAULT_ZONE: &str = "Asia/Ho_Chi_Minh";
/// As the library takes it.
const LONGEST: Duration = broadcast::library::LONGEST;
/// No ward has more; a generated file that does is a mistake.
const MOST_BULLETINS: usize = 10_000;

/// A calendar that was checked.
#[derive(Clone, Debug)]
pub struct Rules {
    pub zone: TimeZone,
    pub quiet: Option<QuietHours>,
    /// In the order of the file. A bulletin with several instants is several of them.
    pub entries: Vec<Entry<String>>,
    /// By id, where given.
    pub titles: BTreeMap<String, String>,
}

/// Everything wrong with a rules file, a line each, by key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

impl Rules {
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let table: Table = text.parse().map_err(|err: toml::de::Error| {
            Problems(vec![err.to_string().trim_end().to_owned()])
        })?;
        let mut problems = Vec::new();
        let rules = Section::new("", table, &mut problems).rules();
        if problems.is_empty() { Ok(rules) } else { Err(Problems(problems)) }
    }
}

/// A table that is being read. What was taken is known; what is left over is named.
struct Section<'a> {
    /// Its key, with a dot after it; empty for the whole file.
    prefix: String,
    table: Table,
    problems: &'a mut Vec<String>,
}

impl<'a> Section<'a> {
    fn new(prefix: &str, table: Table, problems: &'a mut Vec<String>) -> Self {
        Self { prefix: prefix.to_owned(), table, problems }
    }

    fn rules(mut self) -> Rules {
        let (zone_name, zone) = self.zone();
        let quiet = self.quiet_hours(&zone);
        let mut rules = Rules { zone, quiet, entries: Vec::new(), titles: BTreeMap::new() };
        let bulletins = match self.table.remove("bulletin") {
            Some(Value::Array(bulletins)) => bulletins,
            Some(_) => self.wrong("bulletin", "write it as [[bulletin]]").unwrap_or_default(),
            None => self.wrong("bulletin", "at least one is needed").unwrap_or_default(),
        };
        if bulletins.len() > MOST_BULLETINS {
            self.problem("bulletin", format!("more than {MOST_BULLETINS}"));
        }
        let mut ids = BTreeSet::new();
        for (nth, bulletin) in bulletins.into_iter().take(MOST_BULLETINS).enumerate() {
            self.bulletin(nth + 1, bulletin, &zone_name, &mut ids, &mut rules);
        }
        self.finish();
        rules
    }

    fn zone(&mut self) -> (String, TimeZone) {
        let name = self.string("timezone").unwrap_or_else(|| DEFAULT_ZONE.to_owned());
        if let Ok(zone) = TimeZone::get(&name) {
            return (name, zone);
        }
        self.problem("timezone", format!("{name:?} is not an IANA time zone"));
        // Rules are still to be checked, by some zone.
        ("UTC".to_owned(), TimeZone::UTC)
    }

    fn quiet_hours(&mut self, zone: &TimeZone) -> Option<QuietHours> {
        let table = match self.table.remove("quiet_hours") {
            Some(Value::Table(table)) => table,
            Some(_) => self.wrong("quiet_hours", "write it as [quiet_hours]").unwrap_or_default(),
            None => Table::new(),
        };
        let mut section = Section::new("quiet_hours.", table, self.problems);
        let is_enabled = section.bool("enabled").unwrap_or(true);
        let from = section.time_of_day("from", Time::constant(21, 0, 0, 0));
        let to = section.time_of_day("to", Time::constant(6, 0, 0, 0));
        section.finish();
        if !is_enabled {
            return None;
        }
        QuietHours::new(from, to, zone.clone()).map_err(|err| self.problem("quiet_hours", err)).ok()
    }

    fn bulletin(
        &mut self,
        nth: usize,
        bulletin: Value,
        zone_name: &str,
        ids: &mut BTreeSet<String>,
        rules: &mut Rules,
    ) {
        let Value::Table(mut table) = bulletin else {
            self.problem("bulletin", format!("number {nth} is not a table"));
            return;
        };
        let id = match table.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => id,
            Some(_) | None => {
                self.problem("bulletin", format!("number {nth} has no id"));
                format!("{nth}")
            }
        };
        if !ids.insert(id.clone()) {
            self.problem(&format!("bulletin.{id}"), "id is used twice");
        }
        let mut section = Section::new(&format!("bulletin.{id}."), table, self.problems);
        if let Some(title) = section.string("title") {
            rules.titles.insert(id.clone(), title);
        }
        let duration = section.duration();
        let priority = section.parsed("priority").unwrap_or(Priority::Normal);
        let targets = section.targets();
        let is_approved = section.bool("approved").unwrap_or(true);
        let expires_at = section.parsed::<Timestamp>("expires_at");
        let schedules = section.schedules(zone_name);
        section.finish();
        let standing = if is_approved { Standing::Approved } else { Standing::NotApproved };
        rules.entries.extend(schedules.into_iter().map(|schedule| Entry {
            id: id.clone(),
            schedule,
            duration,
            priority,
            targets: targets.clone(),
            standing: standing.clone(),
            expires_at,
        }));
    }

    fn duration(&mut self) -> Duration {
        let Some(text) = self.string("duration") else {
            self.problem("duration", "is missing: how long it sounds, such as \"12m 30s\"");
            return LONGEST;
        };
        let parsed = text.parse::<SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
        match parsed {
            Some(duration) if !duration.is_zero() && duration <= LONGEST => duration,
            Some(_) | None => {
                let what = "is not a length of time within an hour, such as \"12m 30s\"";
                self.problem("duration", format!("{text:?} {what}"));
                LONGEST
            }
        }
    }

    fn targets(&mut self) -> Targets {
        let Some(clusters) = self.strings("clusters") else { return Targets::All };
        if clusters.is_empty() {
            self.problem("clusters", "is empty: leave it out for all clusters");
        }
        Targets::Some(clusters.into_iter().collect())
    }

    fn schedules(&mut self, zone_name: &str) -> Vec<Schedule> {
        let mut schedules = Vec::new();
        let instants = self.strings("at");
        let rule = self.string("rrule");
        if instants.is_none() && rule.is_none() {
            self.problem("at", "is missing: give instants, or an rrule");
        }
        for text in instants.unwrap_or_default() {
            if let Ok(at) = text.parse() {
                schedules.push(Schedule::At(at));
            } else {
                let example = "2026-09-02T05:30:00+07:00";
                self.problem("at", format!("{text:?} is not an instant such as {example}"));
            }
        }
        if let Some(text) = rule {
            match Rule::parse(&text, zone_name) {
                Ok(rule) => schedules.push(Schedule::Rule(rule)),
                Err(err) => self.problem("rrule", err),
            }
        }
        schedules
    }

    fn time_of_day(&mut self, key: &str, default: Time) -> Time {
        let Some(text) = self.string(key) else { return default };
        Time::strptime("%H:%M", &text).unwrap_or_else(|_| {
            self.problem(key, format!("{text:?} is not a time of day such as \"21:00\""));
            default
        })
    }

    fn parsed<T: std::str::FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let text = self.string(key)?;
        text.parse().map_err(|err| self.problem(key, err)).ok()
    }

    fn string(&mut self, key: &str) -> Option<String> {
        let value = self.table.remove(key)?;
        let text = value.as_str().map(str::to_owned);
        text.or_else(|| self.wrong(key, "must be a text in quotes"))
    }

    fn bool(&mut self, key: &str) -> Option<bool> {
        let value = self.table.remove(key)?;
        value.as_bool().or_else(|| self.wrong(key, "must be true or false"))
    }

    /// One text, or a list of them.
    fn strings(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.table.remove(key)?;
        let values = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
        let texts: Option<Vec<String>> =
            values.iter().map(|it| it.as_str().map(str::to_owned)).collect();
        // Given, even if wrong: nobody needs to hear as well that it is missing.
        Some(texts.unwrap_or_else(|| {
            self.wrong(key, "must be a text in quotes, or a list of them").unwrap_or_default()
        }))
    }

    fn finish(self) {
        for key in self.table.keys() {
            self.problems.push(format!("{}{key}: unknown key", self.prefix));
        }
    }

    fn problem(&mut self, key: &str, what: impl Display) {
        self.problems.push(format!("{}{key}: {what}", self.prefix));
    }

    fn wrong<T>(&mut self, key: &str, what: &str) -> Option<T> {
        self.problem(key, what);
        None
    }
}

#[cfg(test)]
mod tests;
