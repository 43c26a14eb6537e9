// How often a bulletin plays, in English words.

import type { Pattern, RuleWords } from '../../lib/rrule';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const NTHS = ['first', 'second', 'third', 'fourth'];

const list = (all: string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all[all.length - 1]}`;

function more(days: string, n: number): string {
  if (n === 0) return days;
  return `${days} and ${n === 1 ? '1 other day' : `${n} other days`}`;
}

/** 1st, 22nd, 13th; -1 is the last. */
function monthDay(day: number): string {
  if (day === -1) return 'the last day';
  const isTeen = day >= 11 && day <= 13;
  return `the ${day}${(!isTeen && ['', 'st', 'nd', 'rd'][day % 10]) || 'th'}`;
}

function pattern(it: Pattern): string {
  const every = (unit: string): string => (it.interval === 1 ? `Every ${unit}` : `Every ${it.interval} ${unit}s`);
  switch (it.every) {
    case 'day':
      return every('day');
    case 'week': {
      const isWorkweek = it.weekdays.join() === '0,1,2,3,4';
      const days = list(it.weekdays.map((day) => DAYS[day]!));
      if (isWorkweek) return it.interval === 1 ? 'Monday to Friday' : `${every('week')} from Monday to Friday`;
      return it.interval === 1 ? `Every ${days}` : `${every('week')} on ${days}`;
    }
    case 'month':
      return `${every('month')} on ${list(it.monthDays.map(monthDay))}`;
    case 'nth': {
      const nths = it.nths.map(({ nth, weekday }) => `the ${NTHS[nth - 1] ?? 'last'} ${DAYS[weekday]}`);
      return `${every('month')} on ${list(nths)}`;
    }
  }
}

export const repeats: RuleWords = {
  pattern,
  at: (times) => `at ${list(times)}`,
  from: (day) => `from ${day}`,
  until: (day) => `until ${day}`,
  count: (n) => (n === 1 ? '1 play in all' : `${n} plays in all`),
  except: (days, nMore) => `except ${more(days, nMore)}`,
  added: (days, nMore) => `also ${more(days, nMore)}`,
};
