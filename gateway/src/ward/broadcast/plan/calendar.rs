//! The ward's calendar as the planner sees it, with what is dear to compute kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use broadcast::calendar::{Computed, DayRule, Layer, lands};
use broadcast::plan::{Begun, Entry, Explained, Item, Policy, Targets, explain_starts};
use broadcast::reconciliation::{Known, latest};
use broadcast::schedule::{Expansion, Schedule, TooMany};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::error;
use uuid::Uuid;

use crate::ward::broadcast::facts::{Facts, Named, Sounded};
use crate::ward::broadcast::row::Kept;
use crate::ward::broadcast::view::BulletinView;

/// What a day rule may look at lies within a month of a start.
const YEARS_AROUND: i16 = 1;

/// What rules came to last time, and layers that the moon decides.
#[derive(Debug, Default)]
pub(in super::super) struct Calendar {
    expansions: HashMap<Uuid, Expansion>,
    computed: HashMap<Computed, (i16, i16, Arc<Layer>)>,
}

/// A bulletin in the calendar, ready to be asked about.
#[derive(Clone)]
struct Wish {
    entry: Entry<Uuid>,
    days: Vec<DayRule>,
    begun: Vec<Begun>,
    asked_since: Option<Timestamp>,
}

impl Calendar {
    /// Every start in the window of `facts`, explained. A bulletin whose rule became too long to expand, or
    /// whose layer cannot be had, is left out, with an error in the log: it must not silence the others.
    pub(in super::super) fn explain(
        &mut self,
        facts: &Facts,
        policy: &Policy,
    ) -> Vec<Explained<Uuid>> {
        self.expansions.retain(|id, _| facts.scheduled.iter().any(|it| it.view.id == *id));
        let over = over(&facts.plays, facts.now);
        let mut wishes: Vec<Wish> = Vec::new();
        for kept in &facts.scheduled {
            wishes.extend(self.wish(kept, facts));
        }
        let sounded = |it: &Sounded| Wish {
            entry: it.entry.clone(),
            days: Vec::new(),
            begun: begun(it.entry.id, facts),
            asked_since: None,
        };
        wishes.extend(facts.sounded.iter().map(sounded));
        let reach = policy.reach(&items(&wishes), facts.from, facts.to).starts;
        let mut starts = Vec::with_capacity(wishes.len());
        for Wish { entry, asked_since, .. } in &wishes {
            let listed = self.starts(entry, reach.start, reach.end);
            let mut listed = listed.unwrap_or_else(|err| {
                error!(bulletin = %entry.id, %err, "a rule cannot be expanded any more");
                Vec::new()
            });
            let was_asked = |at: &Timestamp| asked_since.is_none_or(|since| since <= *at);
            listed.retain(|at| was_asked(at) && !over.contains(&(entry.id, *at)));
            starts.push(listed);
        }
        let (wishes, starts) = by_reach(wishes, starts, facts);
        explain_starts(&items(&wishes), &starts, policy, facts.from, facts.to)
    }

    fn wish(&mut self, kept: &Kept, facts: &Facts) -> Option<Wish> {
        let entry = entry(kept)?;
        let mut days = Vec::new();
        for (name, effect) in &kept.view.days {
            let Some(layer) = self.layer(name, facts) else {
                error!(bulletin = %entry.id, layer = name, "left out: a layer of its cannot be had");
                return None;
            };
            days.push(DayRule::new(layer, *effect));
        }
        let begun = begun(entry.id, facts);
        Some(Wish { entry, days, begun, asked_since: kept.scheduled_at })
    }

    fn layer(&mut self, name: &str, facts: &Facts) -> Option<Arc<Layer>> {
        let computed = match facts.layers.get(name)? {
            Named::Kept(layer) => return Some(Arc::clone(layer)),
            Named::Computed(computed) => *computed,
        };
        let year = |at: Timestamp| TimeZone::UTC.to_datetime(at).year();
        let (first, last) = (year(facts.from) - YEARS_AROUND, year(facts.to) + YEARS_AROUND);
        if let Some((from, to, layer)) = self.computed.get(&computed)
            && *from <= first
            && last <= *to
        {
            return Some(Arc::clone(layer));
        }
        let layer = Layer::computed(computed, first..=last);
        let layer = layer.map_err(|err| error!(name, %err, "a layer cannot be computed")).ok()?;
        let layer = Arc::new(layer);
        self.computed.insert(computed, (first, last, Arc::clone(&layer)));
        Some(layer)
    }

    fn starts(
        &mut self,
        entry: &Entry<Uuid>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Timestamp>, TooMany> {
        let Schedule::Rule(rule) = &entry.schedule else { return entry.schedule.starts(from, to) };
        let kept = self.expansions.entry(entry.id).or_insert_with(|| Expansion::new(rule.clone()));
        if kept.rule() != rule {
            *kept = Expansion::new(rule.clone());
        }
        Ok(kept.starts(from, to)?.to_vec())
    }
}

/// Starts whose time came, and that have not begun: nothing of them plays any more, and they use up no
/// quota.
fn over(plays: &[Known], now: Timestamp) -> HashSet<(Uuid, Timestamp)> {
    latest(plays).into_iter().filter(|(_, it)| it.start_at <= now).map(|(key, _)| key).collect()
}

fn items(wishes: &[Wish]) -> Vec<Item<'_, Uuid>> {
    let items = wishes.iter();
    items.map(|it| Item { days: &it.days, begun: &it.begun, ..Item::plain(&it.entry) }).collect()
}

/// Plays of one bulletin that are all for the same clusters.
struct Era {
    /// Of one of them.
    at: Timestamp,
    starts: Vec<Timestamp>,
    begun: Vec<Begun>,
}

impl Era {
    fn at(at: Timestamp) -> Self {
        Self { at, starts: Vec::new(), begun: Vec::new() }
    }
}

/// Wishes in their order with their starts, each as many times as the tree of places gives it other
/// clusters: the planner knows clusters only.
fn by_reach(
    wishes: Vec<Wish>,
    starts: Vec<Vec<Timestamp>>,
    facts: &Facts,
) -> (Vec<Wish>, Vec<Vec<Timestamp>>) {
    let views = facts.scheduled.iter().map(|it| (it.view.id, &it.view));
    let views: HashMap<Uuid, &BulletinView> = views.collect();
    let mut split = (Vec::new(), Vec::new());
    for (wish, starts) in wishes.into_iter().zip(starts) {
        // What has only sounded knows its clusters.
        let Some(view) = views.get(&wish.entry.id) else {
            split.0.push(wish);
            split.1.push(starts);
            continue;
        };
        let mut eras: BTreeMap<usize, Era> = BTreeMap::new();
        for start in starts {
            // On the day on which it sounds, which may be another.
            let at = lands(&wish.days, start, &facts.map.zone);
            eras.entry(facts.map.era(view, at)).or_insert_with(|| Era::at(at)).starts.push(start);
        }
        for begun in &wish.begun {
            let era = facts.map.era(view, begun.at);
            eras.entry(era).or_insert_with(|| Era::at(begun.at)).begun.push(*begun);
        }
        for Era { at, starts, begun } in eras.into_values() {
            let entry = Entry { targets: facts.map.targets(view, at), ..wish.entry.clone() };
            split.0.push(Wish { entry, begun, ..wish.clone() });
            split.1.push(starts);
        }
    }
    split
}

fn begun(bulletin: Uuid, facts: &Facts) -> Vec<Begun> {
    let of_it = facts.plays.iter().filter(|it| it.id.bulletin == bulletin);
    let begun = of_it.filter(|it| it.is_begun(facts.now));
    begun.map(|it| Begun { occurrence: it.recurrence, at: it.start_at }).collect()
}

fn entry(kept: &Kept) -> Option<Entry<Uuid>> {
    let view = &kept.view;
    Some(Entry {
        id: view.id,
        schedule: view.schedule.clone()?,
        duration: view.content.duration,
        priority: view.priority,
        // Of each start: see `by_reach`.
        targets: Targets::All,
        standing: kept.standing.clone(),
        expires_at: view.expires_at,
    })
}
