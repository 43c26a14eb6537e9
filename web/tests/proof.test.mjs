// When silence may be taken for peace.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { worth } = await source('proof.ts');

const of = (state, proven_at) => worth({ state, asked_at: null, raised_at: proven_at, proven_at, every_ms: 1 });
const ONCE = '2026-03-01T08:00:00.000Z';

test('a test alarm that did not come back is a loss, whatever came back before', () => {
  for (const state of ['unseen', 'unheard', 'overdue']) {
    assert.equal(of(state, null), 'lost');
    assert.equal(of(state, ONCE), 'lost');
  }
});

test('while the next one is under way the last one stands for it', () => {
  assert.equal(of('open', ONCE), 'proven');
  assert.equal(of('open', null), 'awaited');
  assert.equal(of('proven', ONCE), 'proven');
});

test('where none is asked for, nothing is known', () => {
  assert.equal(of('off', null), 'unknown');
});
