// What is still to come, and what is heard next.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { next, silent, upcoming } = await source('ahead.ts');

const NOW = Date.parse('2026-11-25T02:00:00Z');
const entry = (title, at, more) => ({ bulletin_id: title, title, at: `2026-11-${at}:00Z`, plays: true, reason: null, state: 'ordered', ...more });

test('what is over, taken back or of another day does not come', () => {
  const entries = [
    entry('over', '25T01:00', { state: 'played' }),
    entry('taken back', '25T03:00', { plays: false, state: 'withdrawn' }),
    entry('held back', '25T04:00', { plays: false, reason: 'quota', state: 'held_back' }),
    entry('other day', '25T05:00', { plays: false, reason: 'other_day', state: null }),
    entry('far', '29T10:00', { state: null }),
    entry('tomorrow', '26T10:00'),
  ];
  assert.deepEqual(upcoming(entries, NOW).map((it) => it.title), ['held back', 'tomorrow', 'far']);
  assert.equal(next(entries, NOW).title, 'tomorrow');
  assert.equal(next(entries.slice(0, 4), NOW), undefined);
});

test('a bulletin is told which of its hours are in the way', () => {
  const quiet = { plays: false, reason: 'quiet_hours' };
  const entries = [entry('a', '25T22:10', quiet), entry('b', '25T23:00', quiet), entry('a', '26T22:10', { plays: false, reason: 'day_off' })];
  assert.deepEqual(silent(entries, 'a', NOW).map((it) => it.at), ['2026-11-25T22:10:00Z']);
});
