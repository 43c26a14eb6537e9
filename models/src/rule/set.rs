//! All rules of one camera, changed while it runs.

use base::{DeviceId, Size};
use jiff::Timestamp;

use crate::tracker::Track;

use super::{Incident, Rule, RuleEvent, RuleSettings};

/// Rules by their ids.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<(DeviceId, Rule)>,
}

impl RuleSet {
    pub fn new(rules: Vec<(DeviceId, RuleSettings)>) -> Self {
        let rules = rules.into_iter().map(|(id, settings)| (id, Rule::new(settings)));
        Self { rules: rules.collect() }
    }

    /// As [`Rule::observe`], for each rule.
    pub fn observe(
        &mut self,
        tracks: &[Track],
        size: Size,
        now: Timestamp,
    ) -> Vec<(DeviceId, RuleEvent)> {
        let mut events = Vec::new();
        for (id, rule) in &mut self.rules {
            let of_rule = rule.observe(tracks, size, now);
            events.extend(of_rule.into_iter().map(|it| (id.clone(), it)));
        }
        events
    }

    /// From now on these rules, their ids unique. One with the id of an old one keeps what
    /// [`Rule::change`] keeps; what the rules told that are no more is cleared.
    pub fn change(
        &mut self,
        rules: Vec<(DeviceId, RuleSettings)>,
        now: Timestamp,
    ) -> Vec<(DeviceId, RuleEvent)> {
        let mut old = std::mem::take(&mut self.rules);
        let mut events = Vec::new();
        for (id, settings) in rules {
            let rule = match old.iter().position(|(it, _)| *it == id) {
                Some(at) => {
                    let (_, mut rule) = old.swap_remove(at);
                    let of_rule = rule.change(settings, now);
                    events.extend(of_rule.into_iter().map(|it| (id.clone(), it)));
                    rule
                }
                None => Rule::new(settings),
            };
            self.rules.push((id, rule));
        }
        for (id, mut rule) in old {
            events.extend(rule.end(now).into_iter().map(|it| (id.clone(), it)));
        }
        events
    }

    /// What is not cleared, as of the latest picture.
    pub fn incidents(&self) -> impl Iterator<Item = (&DeviceId, &Incident)> {
        self.rules.iter().flat_map(|(id, rule)| rule.incidents().map(move |it| (id, it)))
    }
}
