// Which states are good, bad, or on their way.

import type { Tone } from '../parts/State.svelte';

const GOOD = new Set(['online', 'playing', 'started', 'played', 'approved', 'scheduled']);
const WARN = new Set(['connecting', 'partial', 'submitted', 'held_back']);
const BAD = new Set(['offline', 'missed', 'rejected']);

export function tone(state: string): Tone {
  if (GOOD.has(state)) return 'good';
  if (WARN.has(state)) return 'warn';
  return BAD.has(state) ? 'bad' : 'idle';
}
