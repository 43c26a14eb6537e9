//! A `[[bulletin]]` of the rules file.

use std::collections::BTreeSet;
use std::time::Duration;

use broadcast::Priority;
use broadcast::calendar::DayRule;
use broadcast::plan::{Entry, Standing, Targets};
use broadcast::schedule::{Rule, Schedule};
use jiff::{SignedDuration, Timestamp};
use toml::Value;

use super::Wish;
use super::layers::Layers;
use super::section::Section;

/// As the library takes it.
const LONGEST: Duration = broadcast::library::LONGEST;

impl Section<'_> {
    /// Its id and the rest of it.
    pub(super) fn bulletin(
        &mut self,
        nth: usize,
        bulletin: Value,
        ids: &mut BTreeSet<String>,
    ) -> Option<(String, Section<'_>)> {
        let Value::Table(mut table) = bulletin else {
            self.problem("bulletin", format!("number {nth} is not a table"));
            return None;
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
        let section = Section::new(&format!("bulletin.{id}."), table, self.problems);
        Some((id, section))
    }

    pub(super) fn wishes(
        &mut self,
        id: &str,
        zone_name: &str,
        layers: &mut Layers<'_>,
    ) -> Vec<Wish> {
        let duration = self.duration();
        let priority = self.parsed("priority").unwrap_or(Priority::Normal);
        let targets = self.targets();
        let is_approved = self.bool("approved").unwrap_or(true);
        let expires_at = self.parsed::<Timestamp>("expires_at");
        let level = self.level();
        let days = self.days(layers);
        let standing = if is_approved { Standing::Approved } else { Standing::NotApproved };
        let wish = |schedule| {
            let entry = Entry {
                id: id.to_owned(),
                schedule,
                duration,
                priority,
                targets: targets.clone(),
                standing,
                expires_at,
            };
            Wish { entry, days: days.clone(), level }
        };
        self.schedules(zone_name).into_iter().map(wish).collect()
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

    fn level(&mut self) -> u8 {
        let Some(value) = self.table.remove("level") else { return 0 };
        let level = value.as_integer().and_then(|it| u8::try_from(it).ok());
        level.or_else(|| self.wrong("level", "must be 0 (the ward) to 255")).unwrap_or_default()
    }

    fn days(&mut self, layers: &mut Layers<'_>) -> Vec<DayRule> {
        let example = "{ public-holidays = \"not\" }";
        let mut rules = Vec::new();
        for (name, effect) in self.texts_by_key("days", example) {
            let key = format!("days.{name}");
            let layer = layers.find(&name).map_err(|err| self.problem(&key, err));
            let effect = effect.parse().map_err(|err| self.problem(&key, err));
            if let (Ok(layer), Ok(effect)) = (layer, effect) {
                rules.push(DayRule::new(layer, effect));
            }
        }
        rules
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
}
