//! The rules file of `vong plan`: read key by key, so that one look names everything wrong with it.
//! The file itself is described in the command's help.

mod bulletin;
mod layers;
mod section;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use broadcast::calendar::DayRule;
use broadcast::plan::{Entry, Item, Policy};
use broadcast::quiet::QuietHours;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use toml::{Table, Value};

use crate::config::{BroadcastRules, broadcast_rules_from_toml};
use layers::Layers;
use section::Section;

const DEFAULT_ZONE: &str = "Asia/Ho_Chi_Minh";
/// No ward has more; a generated file that does is a mistake.
const MOST_BULLETINS: usize = 10_000;

/// A calendar that was checked.
#[derive(Clone, Debug)]
pub struct Rules {
    pub policy: Policy,
    /// In the order of the file. A bulletin with several instants is several of them.
    pub wishes: Vec<Wish>,
    /// By id, where given.
    pub titles: BTreeMap<String, String>,
}

/// Something that wants to play, with what its own rules say about days.
#[derive(Clone, Debug)]
pub struct Wish {
    pub entry: Entry<String>,
    pub days: Vec<DayRule>,
    pub level: u8,
}

/// Everything wrong with a rules file, a line each, by key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

/// Where a file is, and what is asked of it.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// What relative paths in the file start from.
    pub folder: &'a Path,
    /// The years that layers have to cover.
    pub years: RangeInclusive<i16>,
}

impl Rules {
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, Problems> {
        let table: Table = text.parse().map_err(|err: toml::de::Error| {
            Problems(vec![err.to_string().trim_end().to_owned()])
        })?;
        let mut problems = Vec::new();
        let rules = Section::new("", table, &mut problems).rules(scope);
        if problems.is_empty() { Ok(rules) } else { Err(Problems(problems)) }
    }

    pub fn items(&self) -> Vec<Item<'_, String>> {
        self.wishes
            .iter()
            .map(|it| Item { days: &it.days, level: it.level, ..Item::plain(&it.entry) })
            .collect()
    }
}

impl Section<'_> {
    fn rules(mut self, scope: &Scope<'_>) -> Rules {
        let (zone_name, zone) = self.zone();
        let quiet = self.quiet_hours(&zone);
        let BroadcastRules { quotas, ties } = self.broadcast();
        let mut layers = Layers::new(scope);
        for (nth, layer) in self.tables("layer").unwrap_or_default().into_iter().enumerate() {
            layers.read(&mut self, nth + 1, layer);
        }
        let policy = Policy { zone, quiet, quotas, ties };
        let mut rules = Rules { policy, wishes: Vec::new(), titles: BTreeMap::new() };
        let bulletins = self.tables("bulletin").unwrap_or_else(|| {
            self.wrong("bulletin", "at least one is needed").unwrap_or_default()
        });
        if bulletins.len() > MOST_BULLETINS {
            self.problem("bulletin", format!("more than {MOST_BULLETINS}"));
        }
        let mut ids = BTreeSet::new();
        for (nth, bulletin) in bulletins.into_iter().take(MOST_BULLETINS).enumerate() {
            let Some((id, mut section)) = self.bulletin(nth + 1, bulletin, &mut ids) else {
                continue;
            };
            rules.titles.extend(section.string("title").map(|title| (id.clone(), title)));
            rules.wishes.extend(section.wishes(&id, &zone_name, &mut layers));
            section.finish();
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

    /// As in the configuration of a box.
    fn broadcast(&mut self) -> BroadcastRules {
        let Some(section) = self.table.remove("broadcast") else {
            return BroadcastRules::default();
        };
        broadcast_rules_from_toml(section).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            BroadcastRules::default()
        })
    }
}

#[cfg(test)]
mod tests;
