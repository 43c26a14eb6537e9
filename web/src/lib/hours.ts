// The hours of a rule as the box writes them (`mon-fri 18:00-06:00`), and as people choose them.

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export interface Span {
  /** One for each of DAYS. */
  days: boolean[];
  from: string;
  /** At or before `from`: on the next day. */
  to: string;
}

export const PRESETS: Record<'always' | 'night' | 'school', string[]> = {
  always: [],
  night: ['22:00-05:00'],
  school: ['mon-fri 06:30-17:30'],
};
export type Preset = keyof typeof PRESETS | 'own';

export function presetOf(active: string[] | undefined): Preset {
  const wanted = (active ?? []).join();
  const found = Object.entries(PRESETS).find(([, spans]) => spans.join() === wanted);
  return found ? (found[0] as Preset) : 'own';
}

export function read(text: string): Span {
  const [first = '', second] = text.trim().split(/\s+/);
  const isTime = first.includes(':');
  const times = isTime ? first : second;
  const [from = '00:00', to = '24:00'] = times === undefined ? [] : times.split('-');
  return { days: isTime ? DAYS.map(() => true) : daysOf(first), from, to: to === '24:00' ? '00:00' : to };
}

/** Without a day it is written as such, and the box says that one is missing. */
export function write({ days, from, to }: Span): string {
  const isWhole = from === '00:00' && to === '00:00';
  const named = DAYS.filter((_, at) => days[at]);
  const times = isWhole ? '' : `${from}-${to === '00:00' ? '24:00' : to}`;
  if (named.length === DAYS.length) return times === '' ? 'mon-sun' : times;
  return `${named.join(',') || ','} ${times}`.trim();
}

export type End = 'whole' | 'midnight' | 'nextDay' | 'sameDay';

/** Where it ends, which two times alone do not say. */
export function endOf({ from, to }: Span): End {
  if (to === '00:00') return from === '00:00' ? 'whole' : 'midnight';
  return to < from ? 'nextDay' : 'sameDay';
}

function daysOf(text: string): boolean[] {
  const days = DAYS.map(() => false);
  const place = (name: string) => DAYS.findIndex((it) => it === name.toLowerCase());
  for (const part of text.split(',')) {
    const [first, last] = part.split('-').map(place);
    if (first === undefined || first < 0) continue;
    const end = last === undefined || last < 0 ? first : last;
    for (let at = first; ; at = (at + 1) % DAYS.length) {
      days[at] = true;
      if (at === end) break;
    }
  }
  return days;
}
