// Weeks of the calendar, and lists of days as somebody types them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { daysOf, mondayOf, plus } = await source('week.ts');

test('a week begins on its Monday, over months and leap days', () => {
  assert.equal(mondayOf('2026-09-02'), '2026-08-31');
  assert.equal(mondayOf('2026-08-31'), '2026-08-31');
  assert.equal(mondayOf('2026-09-06'), '2026-08-31');
  assert.equal(plus('2028-02-28', 1), '2028-02-29');
  assert.equal(plus('2026-12-31', 7), '2027-01-07');
});

test('a list of days is read line by line, and the first that is none is named', () => {
  const read = daysOf(' 2026-09-03  Nghỉ bù Quốc khánh \n\n2026-09-04\n');
  assert.deepEqual(read, { days: { '2026-09-03': 'Nghỉ bù Quốc khánh', '2026-09-04': '' }, wrong: null });
  const written = daysOf('03/09/2026 Nghỉ bù Quốc khánh\n4/9/2026');
  assert.deepEqual(written, read, 'days as they are written in Vietnam');
  for (const wrong of ['3-9-2026 Nghỉ bù', '30/2/2026 a', '1/13/2026', '2026-02-30', '2026-13-01 a', 'Nghỉ bù']) {
    assert.equal(daysOf(`2026-09-03\n${wrong}`).wrong, wrong);
  }
});
