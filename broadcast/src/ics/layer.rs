//! Layers of days as files: a province's list of days off comes as one.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::read::read_checked;
use super::{Calendar, Event, Refused, time, write};
use crate::calendar::{Layer, MOST_DAYS};
use crate::schedule::Schedule;

const A_DAY: Duration = Duration::from_hours(24);

/// Reads a file of whole days as the layer `name`, as far as they are in `years`. A rule such as "each 2
/// September" gives each of them. All or nothing, as [`read`](super::read()); events with a time of day
/// are refused.
pub fn read_layer(bytes: &[u8], name: &str, years: RangeInclusive<i16>) -> Result<Layer, Refused> {
    let calendar = read_checked(bytes, "UTC", |it| {
        (!it.is_all_day).then_some("has a time of day: a layer takes whole days alone")
    })?;
    let mut days = Vec::new();
    let mut refused = Refused::default();
    for event in &calendar.events {
        if days.len() > MOST_DAYS {
            // The layer refuses them, and the rest would only take time.
            break;
        }
        if let Err(what) = collect(event, &years, &mut days) {
            refused.add(0, Some(&event.uid), format!("event {}: {what}", event.uid));
        }
    }
    refused.unless_any(())?;
    Layer::imported(name, days).map_err(Refused::of_file)
}

fn collect(
    event: &Event,
    years: &RangeInclusive<i16>,
    days: &mut Vec<(Date, String)>,
) -> Result<(), String> {
    let year = |it: i16| Date::new(it, 1, 1).map(time::midnight).map_err(|err| err.to_string());
    let to = year(years.end().saturating_add(1))?;
    for part in event.parts().map_err(|err| err.to_string())? {
        let length = part.duration.unwrap_or(A_DAY);
        // What begins in the year before may reach into the first.
        let from = year(*years.start())?.checked_sub(length).map_err(|err| err.to_string())?;
        for start in part.schedule.starts(from, to).map_err(|err| err.to_string())? {
            let n_days = i64::try_from(length.as_secs() / A_DAY.as_secs()).unwrap_or(1);
            let dates = (0..n_days).filter_map(|n| time::date_of(start).checked_add(n.days()).ok());
            let dates = dates.filter(|it| years.contains(&it.year()));
            days.extend(dates.map(|it| (it, part.summary.clone())));
        }
    }
    Ok(())
}

/// Writes `layer`, stamped `now`: an event of one day for each of its days.
pub fn write_layer(layer: &Layer, now: Timestamp) -> String {
    let events = layer.days().map(|(day, label)| Event {
        uid: format!("{day}.{}", layer.name()),
        summary: label.to_owned(),
        is_all_day: true,
        schedule: Schedule::At(time::midnight(day)),
        duration: Some(A_DAY),
        changes: BTreeMap::new(),
    });
    let calendar = Calendar {
        name: Some(layer.name().to_owned()),
        events: events.collect(),
        cancelled: Vec::new(),
    };
    write(&calendar, now)
}
