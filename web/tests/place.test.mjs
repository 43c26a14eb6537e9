// How a table of places becomes a tree on a page.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { ordered, choices } = await source('place.ts');

const place = (code, parent, kind = 'zone') => ({ code, kind, name: code, parent });
const drawn = (leaves) => leaves.map(({ place, depth }) => `${'-'.repeat(depth)}${place.code}`).join(' ');

test('each place stands below what it hangs on, in the order of names as people count', () => {
  const places = [place('to-10', 'w'), place('to-2', 'w'), place('w', 'c'), place('c', null), place('loa', 'to-2')];
  assert.equal(drawn(ordered(places)), 'c -w --to-2 ---loa --to-10');
});

test('what hangs on a place that does not hold that day is not lost', () => {
  assert.equal(drawn(ordered([place('to-1', 'gone'), place('w', null)])), 'to-1 w');
});

test('a cluster is no place to choose', () => {
  assert.equal(drawn(choices([place('w', null), place('loa', 'w', 'cluster')])), 'w');
});
