// What a rule of RFC 5545 comes to, in words: the common ones. Any other is shown as it is written.

import { plus } from './week';

/** How often a rule starts. Days of the week count from Monday, 0. */
export type Pattern =
  | { every: 'day'; interval: number }
  | { every: 'week'; interval: number; weekdays: number[] }
  /** -1: the last day of the month. */
  | { every: 'month'; interval: number; monthDays: number[] }
  | { every: 'nth'; interval: number; nths: { nth: number; weekday: number }[] };

/** A language's words for the parts of a rule. Days come as `26/11/2026`, times as `06:30`. */
export interface RuleWords {
  pattern: (pattern: Pattern) => string;
  at: (times: string[]) => string;
  from: (day: string) => string;
  until: (day: string) => string;
  count: (n: number) => string;
  except: (days: string, nMore: number) => string;
  added: (days: string, nMore: number) => string;
}

/** On the wall clock of the ward: a day such as `2026-11-26`, a time such as `06:30`. */
interface Wall {
  day: string;
  time: string;
  seconds: string;
}

interface Line {
  name: string;
  zone: string | undefined;
  value: string;
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const KNOWN = new Set(['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'BYHOUR', 'BYMINUTE', 'BYSECOND', 'UNTIL', 'COUNT', 'WKST']);
const MOST_INTERVAL = 4;
const MOST_TIMES = 8;
const MOST_LISTED = 5;

/** The content lines `text` in `words`, or as they are. `zone`: the ward's. */
export function inWords(text: string, zone: string, words: RuleWords): string {
  return said(text, zone, words) ?? text;
}

function said(text: string, zone: string, words: RuleWords): string | null {
  const lines = text.split('\n').filter((it) => it.trim() !== '').map(line);
  const starts = lines.filter((it) => it?.name === 'DTSTART');
  const rules = lines.filter((it) => it?.name === 'RRULE');
  const start = starts[0] && wall(starts[0], starts[0].value, zone);
  // Weekdays and times of a start in another zone are not the ward's.
  if (!start || !rules[0] || starts.length + rules.length > 2 || starts[0]!.value.endsWith('Z')) return null;
  const parts = partsOf(rules[0].value);
  const times = parts && timesOf(parts, start);
  const pattern = parts && patternOf(parts, start);
  const until = parts?.['UNTIL'] === undefined ? null : wall(rules[0], parts['UNTIL'], zone);
  const excluded = dates(lines, 'EXDATE', zone);
  const added = dates(lines, 'RDATE', zone);
  const n = parts?.['COUNT'] === undefined ? null : Number(parts['COUNT']);
  const isRead = lines.every((it) => it && ['DTSTART', 'RRULE', 'RDATE', 'EXDATE'].includes(it.name));
  if (!isRead || !times || !pattern || !excluded || !added || (parts['UNTIL'] !== undefined && !until)) return null;
  const usual = times.length === 1 ? times[0] : undefined;
  const without = listed(excluded.filter((it) => times.includes(it.time)), usual);
  const besides = listed(added, usual);
  return [
    words.pattern(pattern),
    words.at(times),
    words.from(written(start.day)),
    ...(until ? [words.until(written(lastDay(until, times)))] : []),
    ...(n !== null ? [words.count(n)] : []),
    ...(without.nMore + without.days.length > 0 ? [words.except(without.days, without.nMore)] : []),
    ...(besides.nMore + besides.days.length > 0 ? [words.added(besides.days, besides.nMore)] : []),
  ].join(', ');
}

function line(text: string): Line | null {
  const found = /^([A-Z]+)((?:;[^:;]+)*):(.+)$/.exec(text.trim());
  return found && { name: found[1]!, zone: /;TZID=([^;]+)/.exec(found[2]!)?.[1], value: found[3]! };
}

/** The parts of a rule by their names; null where one is of a kind that has no words here. */
function partsOf(rule: string): Record<string, string> | null {
  const parts = rule.split(';').map((it) => it.split('='));
  const isKnown = parts.every(([name, value]) => KNOWN.has(name!) && value);
  return isKnown ? Object.fromEntries(parts) : null;
}

function patternOf(parts: Record<string, string>, start: Wall): Pattern | null {
  const interval = Number(parts['INTERVAL'] ?? '1');
  if (!Number.isInteger(interval) || interval < 1 || interval > MOST_INTERVAL) return null;
  const { FREQ: freq, BYDAY: byDay, BYMONTHDAY: byMonthDay } = parts;
  const plain = byDay?.split(',').map((it) => WEEKDAYS.indexOf(it)).sort((a, b) => a - b);
  if (freq === 'MONTHLY' && byDay && !byMonthDay && plain!.includes(-1)) return nthsOf(byDay, interval);
  if (freq === 'MONTHLY' && !byDay) return monthDaysOf(byMonthDay ?? String(Number(start.day.slice(8))), interval);
  if (byMonthDay || plain?.includes(-1)) return null;
  if (freq === 'DAILY' && !plain) return { every: 'day', interval };
  // Every Monday of each month, or of all days the Mondays, is every Monday.
  if (freq !== 'WEEKLY' && !(plain && interval === 1 && (freq === 'DAILY' || freq === 'MONTHLY'))) return null;
  const weekdays = plain ?? [weekdayOf(start.day)];
  if (weekdays.length === 7 && interval === 1) return { every: 'day', interval };
  return { every: 'week', interval, weekdays };
}

function nthsOf(byDay: string, interval: number): Pattern | null {
  const nths = byDay.split(',').map((it) => {
    const found = /^\+?(-?[1-4])([A-Z]{2})$/.exec(it);
    return { nth: Number(found?.[1]), weekday: WEEKDAYS.indexOf(found?.[2] ?? '') };
  });
  const isKnown = nths.every(({ nth, weekday }) => nth >= -1 && weekday >= 0);
  return isKnown ? { every: 'nth', interval, nths } : null;
}

function monthDaysOf(byMonthDay: string, interval: number): Pattern | null {
  const days = byMonthDay.split(',').map(Number);
  const isKnown = days.every((it) => it === -1 || (it >= 1 && it <= 31));
  const rank = (day: number): number => (day === -1 ? 32 : day);
  const monthDays = days.sort((a, b) => rank(a) - rank(b));
  return isKnown ? { every: 'month', interval, monthDays } : null;
}

function timesOf(parts: Record<string, string>, start: Wall): string[] | null {
  if ((parts['BYSECOND'] ?? start.seconds) !== '00' && parts['BYSECOND'] !== '0') return null;
  const two = (it: string) => it.padStart(2, '0');
  const hours = parts['BYHOUR']?.split(',').map(two) ?? [start.time.slice(0, 2)];
  const minutes = parts['BYMINUTE']?.split(',').map(two) ?? [start.time.slice(3)];
  const times = hours.flatMap((hour) => minutes.map((minute) => `${hour}:${minute}`)).sort();
  return times.length <= MOST_TIMES ? times : null;
}

/** All dates of a property, in order; null where one cannot be read. */
function dates(lines: (Line | null)[], name: string, zone: string): Wall[] | null {
  const all = lines.flatMap((it) => (it?.name === name ? it.value.split(',').map((date) => wall(it, date, zone)) : []));
  if (all.some((it) => it === null)) return null;
  return (all as Wall[]).sort((a, b) => (a.day + a.time < b.day + b.time ? -1 : 1));
}

/** A local time that is the ward's, or an instant, on the ward's wall clock. */
function wall(of: Line, text: string, zone: string): Wall | null {
  const found = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(text);
  if (!found) return null;
  const [, year, month, date, hour = '23', minute = '59', seconds = '59', utc] = found;
  const day = `${year}-${month}-${date}`;
  if (!utc) return (of.zone ?? zone) === zone ? { day, time: `${hour}:${minute}`, seconds } : null;
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const [there, time] = shown.format(new Date(`${day}T${hour}:${minute}:${seconds}Z`)).split(' ');
  return { day: there!, time: time!.slice(0, 5), seconds };
}

/** On which the rule may start last. */
const lastDay = (until: Wall, times: string[]): string => (until.time < times[0]! ? plus(until.day, -1) : until.day);

/** With the time of day where it is not the one that all starts have. */
function listed(walls: Wall[], usual: string | undefined): { days: string; nMore: number } {
  const one = ({ day, time }: Wall) => (time === usual ? written(day) : `${time} ${written(day)}`);
  const days = walls.slice(0, MOST_LISTED).map(one).join(', ');
  return { days, nMore: Math.max(0, walls.length - MOST_LISTED) };
}

const weekdayOf = (day: string): number => (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7;

const written = (day: string): string => day.split('-').reverse().join('/');
