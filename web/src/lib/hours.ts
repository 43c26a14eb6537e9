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
  const [from = '00:00', to = '24:00'] = (isTime ? first : (second ?? '')).split('-').filter((it) => it !== '');
  return { days: isTime ? DAYS.map(() => true) : daysOf(first), from, to: to === '24:00' ? '00:00' : to };
}

export function write({ days, from, to }: Span): string {
  const isWhole = from === '00:00' && to === '00:00';
  const named = DAYS.filter((_, at) => days[at]);
  const times = isWhole ? '' : `${from}-${to === '00:00' ? '24:00' : to}`;
  if (named.length === DAYS.length) return times === '' ? 'mon-sun' : times;
  return `${named.join(',')} ${times}`.trim();
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
