// A rule of another kind keeps what the page does not show of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { changeKind } = await source('shape.ts');

const AREA = [
  [0.1, 0.1],
  [0.9, 0.1],
  [0.9, 0.9],
];

test('a change of kind touches shape, direction and times, and nothing else', () => {
  const rest = {
    id: 'cong', name: 'Cổng', labels: ['person', 'bicycle'], cooldown: '1.5s', severity: 'critical',
    active: ['mon-fri 18:00-06:00'], quiet: ['12:00-13:00'], later: { key: 1 },
  };
  const rule = { ...rest, kind: 'crowd', area: AREA, at_least: 7, dwell: '10s' };
  changeKind(rule, 'wrong_way');
  changeKind(rule, 'enter');
  assert.deepEqual(rule, { ...rest, kind: 'enter', area: AREA });
});
