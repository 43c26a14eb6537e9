// Which buttons an approver sees.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { bar, isForbidden, lapse, step } = await source('approval.ts');

const NOW = Date.parse('2026-03-10T08:00:00Z');
const signed = (by, at = '2026-03-01T08:00:00Z') => ({ by, at });
const bulletin = (more) => ({
  state: 'submitted',
  priority: 'normal',
  author: 'lan',
  approvals: [],
  approved_until: null,
  second_missing: null,
  schedule: null,
  ...more,
});
const waiting = (more) =>
  bulletin({
    state: 'approved',
    approvals: [signed('minh')],
    approved_until: '2026-03-31T08:00:00Z',
    second_missing: { code: 'outside_hours', at: '2026-03-11T21:45:00Z' },
    schedule: { sha256: 'ab', approvers: 2, by: 'minh' },
    ...more,
  });

test('nobody approves their own', () => {
  assert.equal(step(bulletin(), NOW), 'first');
  assert.equal(bar(bulletin(), 'lan', NOW), 'author');
  assert.equal(bar(bulletin(), 'minh', NOW), null);
});

test('the second approval is for somebody else than the first and than who chose the hour', () => {
  assert.equal(step(waiting(), NOW), 'second');
  assert.equal(bar(waiting(), 'hoa', NOW), null);
  assert.equal(bar(waiting(), 'lan', NOW), 'author');
  assert.equal(bar(waiting(), 'minh', NOW), 'scheduler');
  const byAuthor = waiting({ schedule: { sha256: 'ab', approvers: 2, by: 'lan' } });
  assert.equal(bar(byAuthor, 'minh', NOW), 'approver');
  const moved = waiting({ approvals: [signed('minh'), signed('hoa')], schedule: { sha256: 'cd', approvers: 2, by: 'lan' } });
  assert.equal(bar(moved, 'minh', NOW), null, 'two have signed for the sound: either may for the hour');
});

test('nobody signs for a start in quiet hours, unless it is an emergency', () => {
  const quiet = (priority) => waiting({ priority, second_missing: { code: 'quiet_hours', at: '2026-03-11T05:10:00Z' } });
  assert.equal(isForbidden(quiet('priority')), true);
  assert.equal(step(quiet('priority'), NOW), null);
  assert.equal(isForbidden(quiet('emergency')), false);
  assert.equal(step(quiet('emergency'), NOW), 'second');
  assert.equal(isForbidden(waiting()), false);
});

test('approvals are renewed when they run out, not before', () => {
  const until = (approved_until) => bulletin({ state: 'scheduled', approvals: [signed('minh')], approved_until });
  assert.equal(step(until('2026-05-31T08:00:00Z'), NOW), null);
  assert.equal(lapse(until('2026-03-12T08:00:00Z'), NOW), 'soon');
  assert.equal(step(until('2026-03-12T08:00:00Z'), NOW), 'renew');
  assert.equal(lapse(until('2026-03-10T08:00:00Z'), NOW), 'lapsed');
  assert.equal(lapse(bulletin(), NOW), null);
});

test('who chose the hour renews while somebody else stands for it', () => {
  const saw = (by, at) => ({ ...signed(by, at), schedule: 'ab' });
  const scheduled = (approvals, approvers = 2) =>
    bulletin({
      state: 'scheduled',
      approvals,
      approved_until: '2026-03-12T08:00:00Z',
      schedule: { sha256: 'ab', approvers, by: 'minh' },
    });
  const usual = scheduled([signed('minh', '2026-02-10T08:00:00Z'), saw('hoa')]);
  assert.equal(step(usual, NOW), 'renew');
  assert.equal(bar(usual, 'minh', NOW), null, 'hoa has seen the hour');
  const onlyHoa = scheduled([saw('hoa', '2026-02-10T08:00:00Z'), signed('mai')]);
  assert.equal(bar(onlyHoa, 'minh', NOW), 'scheduler', 'hoa would make room');
  assert.equal(bar(onlyHoa, 'mai', NOW), null);
  assert.equal(bar(scheduled([signed('hoa')], 1), 'minh', NOW), null, 'by day one is enough');
});
