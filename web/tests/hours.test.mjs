// The hours of a rule: what is read is written as the same.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { DAYS, endOf, presetOf, read, write } = await source('hours.ts');

const days = (...named) => DAYS.map((it) => named.includes(it));

test('what nobody touches comes back as the same hours', () => {
  for (const [text, written] of [
    ['18:00-22:00', '18:00-22:00'],
    ['mon-fri 18:00-06:00', 'mon,tue,wed,thu,fri 18:00-06:00'],
    ['fri-mon 22:00-24:00', 'mon,fri,sat,sun 22:00-24:00'],
    ['sat,sun', 'sat,sun'],
    ['mon-sun', 'mon-sun'],
    ['Tue 00:00-24:00', 'tue'],
    ['tue-tue 00:00-05:30', 'tue 00:00-05:30'],
  ]) {
    assert.equal(write(read(text)), written);
    assert.deepEqual(read(written), read(text), text);
  }
});

test('a stretch of the week is taken apart', () => {
  assert.deepEqual(read('sat,sun 18:00-24:00'), { days: days('sat', 'sun'), from: '18:00', to: '00:00' });
  assert.deepEqual(read('12:00-13:00'), { days: days(...DAYS), from: '12:00', to: '13:00' });
});

test('hours without a day stay without one, so that the box can refuse them', () => {
  for (const text of ['mon 18:00-22:00', 'mon']) {
    const none = { ...read(text), days: days() };
    assert.equal(write(none)[0], ',');
    assert.deepEqual(read(write(none)), none);
  }
});

test('where a stretch ends is more than its times say', () => {
  const end = (text) => endOf(read(text));
  assert.deepEqual(
    ['sat', '18:00-24:00', '22:00-05:00', '12:00-13:00'].map(end),
    ['whole', 'midnight', 'nextDay', 'sameDay'],
  );
});

test('hours of a preset are recognised, all others are chosen ones', () => {
  assert.deepEqual(
    [undefined, [], ['22:00-05:00'], ['mon-fri 06:30-17:30'], ['sat']].map(presetOf),
    ['always', 'always', 'night', 'school', 'own'],
  );
});
