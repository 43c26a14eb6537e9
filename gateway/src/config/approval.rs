//! What a ward asks of the approval of its bulletins.

use std::time::Duration;

use broadcast::bulletin::{ApprovalRules, NormalHours, Validity};
use broadcast::quiet::QuietHours;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::problems::{Field, Reader};
use super::raw;
use super::sections::{time_of_day, within};

/// Normal hours are on the clock of the calendar; what sounds in quiet hours is never normal.
pub(super) fn approval(
    reader: &mut Reader<'_>,
    field: Field<raw::Approval>,
    zone: Option<&TimeZone>,
    quiet: Option<&QuietHours>,
) -> Option<ApprovalRules> {
    let section = reader.optional("approval", field).unwrap_or_default();
    reader.unknown("approval", &section.unknown);
    let asks = reader.optional("approval.second_approver", section.second_approver).unwrap_or(true);
    let from = time_of_day(
        reader,
        "approval.normal_from",
        section.normal_from,
        Time::constant(6, 0, 0, 0),
    );
    let to =
        time_of_day(reader, "approval.normal_to", section.normal_to, Time::constant(21, 0, 0, 0));
    let weekends = reader.optional("approval.weekends", section.weekends).unwrap_or(true);
    let mut days = |key: &str, field, default| {
        let days = within(reader, &format!("approval.{key}"), field, default, 1..=3650)?;
        Some(Duration::from_hours(24 * u64::from(days)))
    };
    let one_off = days("one_off_days", section.one_off_days, 30);
    let recurring = days("recurring_days", section.recurring_days, 365);
    let validity = Validity { one_off: one_off?, recurring: recurring? };
    let (from, to, zone) = (from?, to?, zone?.clone());
    if !asks {
        let hours = NormalHours { outside: None, quiet: None, weekends: true, zone };
        return Some(ApprovalRules { hours, validity });
    }
    // Outside is what is left of the day.
    let Ok(outside) = QuietHours::new(to, from, zone.clone()) else {
        let problem =
            "normal_from and normal_to are the same: give two times, or second_approver = false";
        reader.problem("approval", problem);
        return None;
    };
    let hours = NormalHours { outside: Some(outside), quiet: quiet.cloned(), weekends, zone };
    Some(ApprovalRules { hours, validity })
}
