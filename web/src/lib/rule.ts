// When a bulletin plays, as the API takes it: an instant, or an RFC 5545 rule in the ward's zone.

import { session } from './session.svelte';
import { instantOf } from './time';

export type Repeat = 'once' | 'daily' | 'weekdays' | 'weekly';
export const REPEATS: readonly Repeat[] = ['once', 'daily', 'weekdays', 'weekly'];

export const RULES: Record<Repeat, string> = {
  once: '',
  daily: 'FREQ=DAILY',
  weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
  weekly: 'FREQ=WEEKLY',
};

/** `wall` is what a datetime-local field holds: `2026-09-02T05:30`, meant in the ward's zone. */
export function schedule(wall: string, repeat: Repeat): { at: string } | { rrule: string } {
  if (repeat === 'once') return { at: instantOf(wall) };
  const local = wall.replaceAll(/[-:]/g, '').padEnd(15, '0');
  const zone = session.me?.timezone ?? 'Asia/Ho_Chi_Minh';
  return { rrule: `DTSTART;TZID=${zone}:${local}\nRRULE:${RULES[repeat]}` };
}
