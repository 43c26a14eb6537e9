// Of a calendar, what is still to come.

import type { CalendarEntry } from './types';

/** The soonest first. What is taken back does not come, and what is only of other days never did. */
export function upcoming(entries: CalendarEntry[], now: number): CalendarEntry[] {
  const comes = (it: CalendarEntry) => Date.parse(it.at) > now && it.state !== 'withdrawn' && it.reason !== 'other_day';
  return entries.filter(comes).sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Who plans can choose another hour for these; what else is in the way says the bulletin itself. */
const OF_THE_HOUR = new Set(['quiet_hours', 'quota', 'clash']);

/** The starts of a bulletin that will not be heard at their hour. */
export function silent(entries: CalendarEntry[], bulletinId: string, now: number): CalendarEntry[] {
  const isSilent = (it: CalendarEntry) => it.bulletin_id === bulletinId && OF_THE_HOUR.has(it.reason ?? '');
  return upcoming(entries, now).filter(isSilent);
}

/** The next one that will be heard. */
export function next(entries: CalendarEntry[], now: number): CalendarEntry | undefined {
  return upcoming(entries, now).find((it) => it.plays && it.state !== 'held_back');
}
